// A real HTTP server on this machine that plays a judging model, with faults on demand.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace retrace::reward {

enum class Fault {
  kNone,
  kSlow,          // answers after `slow_s`
  kTooMany,       // 429 with Retry-After: `retry_after`
  kServerError,   // 500
  kUnavailable,   // 503 with an HTML body
  kCutJson,       // a body that ends in the middle, with the right length
  kCutBody,       // says a length and closes the connection before it
  kClosed,        // closes the connection after the headers
  kNoChoices,     // a JSON object, but no chat completion
  kWrongKeys,     // the model's object has another key
  kWrongRange,    // a score of 6
  kTalk,          // the model talks around the object
  kCutReply,      // finish_reason "length"
  kBadRequest,    // 400, whose body repeats the request's Authorization header
  kUnauthorized,  // 401, whose body repeats the request's Authorization header
  kNotFound,      // 404
  kRedirect,      // 307 to itself
};

// The scores that the server gives to the description "route <id>".
struct RightScores {
  int direction, landmark, semantics;
};
RightScores right_scores(int id);

class JudgeServer {
 public:
  // `fault` decides about request `attempt` = 0, 1, ... for route `id`; called by many threads.
  explicit JudgeServer(std::function<Fault(int id, int attempt)> fault);
  ~JudgeServer();
  JudgeServer(const JudgeServer&) = delete;
  JudgeServer& operator=(const JudgeServer&) = delete;

  std::string endpoint() const;
  int num_requests() const { return num_requests_; }
  int max_at_once() const { return max_at_once_; }
  std::vector<std::string> bodies() const;          // of all requests
  std::vector<std::string> authorizations() const;  // headers of all requests

  std::atomic<double> slow_s = 0.5;
  std::string retry_after = "1";

 private:
  struct Impl;
  std::function<Fault(int id, int attempt)> fault_;
  mutable std::mutex mutex_;
  std::map<int, int> attempts_;
  std::vector<std::string> bodies_, authorizations_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> num_requests_ = 0, now_ = 0, max_at_once_ = 0;
  std::unique_ptr<Impl> impl_;
};

// Accepts connections and closes them without a byte.
class ClosingServer {
 public:
  ClosingServer();
  ~ClosingServer();
  ClosingServer(const ClosingServer&) = delete;
  ClosingServer& operator=(const ClosingServer&) = delete;
  std::string endpoint() const;
  int num_connections() const { return num_connections_; }

 private:
  int listener_ = -1, port_ = 0;
  std::atomic<bool> stop_ = false;
  std::atomic<int> num_connections_ = 0;
  std::thread thread_;
};

}  // namespace retrace::reward
