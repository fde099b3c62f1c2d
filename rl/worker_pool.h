// A few threads that run tasks in the order they were given.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace retrace::rl {

class WorkerPool {
 public:
  explicit WorkerPool(int64_t num_threads);
  // Waits for the tasks that run; drops those that have not begun.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // The future is ready when the task has ended, and throws what it threw.
  std::future<void> submit(std::function<void()> task);
  // Drops the tasks that have not begun and returns their number. Their futures are ready and throw
  // std::future_error.
  size_t drop_waiting();

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable has_work_;
  std::deque<std::packaged_task<void()>> tasks_;
  bool is_closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace retrace::rl
