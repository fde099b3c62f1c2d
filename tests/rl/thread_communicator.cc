#include "tests/rl/thread_communicator.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <barrier>
#include <string>
#include <thread>
#include <vector>

namespace retrace::test {
namespace {

// What the ranks share: one slot a rank, and a meeting point.
struct Meeting {
  explicit Meeting(int num_ranks) : point(num_ranks), texts(num_ranks), tensors(num_ranks) {}
  std::barrier<> point;
  std::vector<std::string> texts;
  std::vector<at::Tensor> tensors;
};

class ThreadCommunicator : public distributed::Communicator {
 public:
  ThreadCommunicator(Meeting& meeting, int rank) : meeting_(meeting), rank_(rank) {}
  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(meeting_.texts.size()); }

  void all_reduce_sum(at::Tensor& tensor, std::string_view) override {
    const at::NoGradGuard no_grad;
    const std::vector<at::Tensor> all = exchange(meeting_.tensors, tensor.clone());
    tensor.copy_(all[0]);
    for (size_t rank = 1; rank < all.size(); ++rank) tensor.add_(all[rank]);
  }
  void broadcast(at::Tensor& tensor, int root, std::string_view) override {
    const at::NoGradGuard no_grad;
    tensor.copy_(exchange(meeting_.tensors, tensor.clone())[static_cast<size_t>(root)]);
  }
  std::vector<std::string> all_gather(const std::string& text, std::string_view) override {
    return exchange(meeting_.texts, text);
  }
  void barrier(std::string_view) override { meeting_.point.arrive_and_wait(); }

 private:
  template <class T>
  std::vector<T> exchange(std::vector<T>& slots, T mine) {
    slots[static_cast<size_t>(rank_)] = std::move(mine);
    meeting_.point.arrive_and_wait();
    std::vector<T> all = slots;
    meeting_.point.arrive_and_wait();  // nobody writes again before all have read
    return all;
  }

  Meeting& meeting_;
  int rank_;
};

}  // namespace

void run_ranks(int num_ranks, const std::function<void(distributed::Communicator&)>& work) {
  Meeting meeting(num_ranks);
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < num_ranks; ++rank) {
    threads.emplace_back([&, rank] {
      at::set_num_threads(1);
      ThreadCommunicator communicator(meeting, rank);
      try {
        work(communicator);
      } catch (const std::exception& error) {
        ADD_FAILURE() << "rank " << rank << ": " << error.what();
        meeting.point.arrive_and_drop();
      }
    });
  }
}

}  // namespace retrace::test
