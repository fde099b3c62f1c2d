#include "tests/reward/judge_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <httplib.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace retrace::reward {
namespace {

using Json = nlohmann::ordered_json;

void sleep_s(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

std::string completion(const std::string& text, const char* finish = "stop") {
  return Json{{"id", "x"},
              {"choices",
               {{{"index", 0},
                 {"message", {{"role", "assistant"}, {"content", text}}},
                 {"finish_reason", finish}}}},
              {"usage", {{"prompt_tokens", 1000}, {"completion_tokens", 20}}}}
      .dump();
}

std::string verdict(int id) {
  const RightScores scores = right_scores(id);
  return fmt::format(R"({{"direction": {}, "landmark": {}, "semantics": {}}})", scores.direction,
                     scores.landmark, scores.semantics);
}

// The number after "route " in the part of the prompt that holds the description.
int id_of(const std::string& body) {
  const std::string prompt = Json::parse(body)["messages"][0]["content"];
  const size_t begin = prompt.rfind("[DESCRIPTION BEGINS]");
  return std::atoi(prompt.c_str() + prompt.find("route ", begin) + 6);
}

void answer(httplib::Response& response, const std::string& body, int status = 200) {
  response.status = status;
  response.set_content(body, "application/json");
}

}  // namespace

RightScores right_scores(int id) {
  return {id % 6, (id / 6) % 6, (id / 36) % 6};
}

struct JudgeServer::Impl {
  httplib::Server server;
  int port = 0;
  std::thread thread;

  static void play(Fault fault, int id, const JudgeServer& owner, const httplib::Request& request,
                   httplib::Response& response) {
    const std::string whole = completion(verdict(id));
    switch (fault) {
      case Fault::kSlow:
        for (double waited = 0; waited < owner.slow_s && !owner.stop_; waited += 0.005)
          sleep_s(0.005);
        [[fallthrough]];
      case Fault::kNone:
        return answer(response, whole);
      case Fault::kTooMany:
        response.set_header("Retry-After", owner.retry_after);
        return answer(response, R"({"error": "slow down"})", 429);
      case Fault::kServerError:
        return answer(response, R"({"error": "oops"})", 500);
      case Fault::kUnavailable:
        response.status = 503;
        return response.set_content("<html>busy</html>", "text/html");
      case Fault::kCutJson:
        return answer(response, whole.substr(0, whole.size() / 2));
      case Fault::kCutBody:
        return response.set_content_provider(
            whole.size(), "application/json",
            [whole](size_t offset, size_t, httplib::DataSink& sink) {
              if (offset > 0) return false;  // closes the connection
              return sink.write(whole.data(), whole.size() / 2);
            });
      case Fault::kNoChoices:
        return answer(response, R"({"object": "chat.completion"})");
      case Fault::kWrongKeys:
        return answer(response,
                      completion(R"({"direction": 5, "landmark": 5, "semantic and logic": 5})"));
      case Fault::kWrongRange:
        return answer(response, completion(R"({"direction": 6, "landmark": 5, "semantics": 5})"));
      case Fault::kTalk:
        return answer(response, completion("I would say: " + verdict(id + 1)));
      case Fault::kCutReply:
        return answer(response, completion(verdict(id + 1), "length"));
      case Fault::kBadRequest:
        return answer(response, request.get_header_value("Authorization"), 400);
      case Fault::kUnauthorized:
        return answer(response, request.get_header_value("Authorization"), 401);
      case Fault::kNotFound:
        return answer(response, "{}", 404);
      case Fault::kRedirect:
        response.set_header("Location", owner.endpoint());
        return answer(response, "{}", 307);
      case Fault::kClosed:
        return response.set_content_provider(
            1, "application/json", [](size_t, size_t, httplib::DataSink&) { return false; });
    }
  }
};

JudgeServer::JudgeServer(std::function<Fault(int, int)> fault)
    : fault_(std::move(fault)), impl_(std::make_unique<Impl>()) {
  ::setenv("no_proxy", "127.0.0.1", 1);
  impl_->server.new_task_queue = [] { return new httplib::ThreadPool(32); };
  impl_->server.set_keep_alive_max_count(1);
  impl_->server.Post("/v1/chat/completions", [this](const httplib::Request& request,
                                                    httplib::Response& response) {
    ++num_requests_;
    const int now = ++now_;
    for (int seen = max_at_once_; seen < now && !max_at_once_.compare_exchange_weak(seen, now);) {
    }
    const int id = id_of(request.body);
    int attempt = 0;
    {
      const std::lock_guard lock(mutex_);
      attempt = attempts_[id]++;
      bodies_.push_back(request.body);
      authorizations_.push_back(request.get_header_value("Authorization"));
    }
    Impl::play(fault_(id, attempt), id, *this, request, response);
    --now_;
  });
  impl_->port = impl_->server.bind_to_any_port("127.0.0.1");
  impl_->thread = std::thread([this] { impl_->server.listen_after_bind(); });
}

JudgeServer::~JudgeServer() {
  stop_ = true;
  while (!impl_->server.is_running()) sleep_s(0.001);
  impl_->server.stop();
  impl_->thread.join();
}

std::string JudgeServer::endpoint() const {
  return fmt::format("http://127.0.0.1:{}/v1/chat/completions", impl_->port);
}

std::vector<std::string> JudgeServer::bodies() const {
  const std::lock_guard lock(mutex_);
  return bodies_;
}

std::vector<std::string> JudgeServer::authorizations() const {
  const std::lock_guard lock(mutex_);
  return authorizations_;
}

ClosingServer::ClosingServer() {
  ::setenv("no_proxy", "127.0.0.1", 1);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, any, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, any, &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] {
    while (!stop_) {
      pollfd waiting = {listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      ::close(::accept(listener_, nullptr, nullptr));
      ++num_connections_;
    }
  });
}

ClosingServer::~ClosingServer() {
  stop_ = true;
  thread_.join();
  ::close(listener_);
}

std::string ClosingServer::endpoint() const {
  return fmt::format("http://127.0.0.1:{}/v1/chat/completions", port_);
}

}  // namespace retrace::reward
