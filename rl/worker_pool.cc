#include "rl/worker_pool.h"

#include <utility>

namespace retrace::rl {

WorkerPool::WorkerPool(int64_t num_threads) {
  for (int64_t i = 0; i < num_threads; ++i) threads_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
    tasks_.clear();
  }
  has_work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::future<void> WorkerPool::submit(std::function<void()> task) {
  std::packaged_task<void()> packaged(std::move(task));
  std::future<void> done = packaged.get_future();
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(packaged));
  }
  has_work_.notify_one();
  return done;
}

size_t WorkerPool::drop_waiting() {
  const std::lock_guard lock(mutex_);
  const size_t num_dropped = tasks_.size();
  tasks_.clear();
  return num_dropped;
}

void WorkerPool::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    has_work_.wait(lock, [this] { return is_closing_ || !tasks_.empty(); });
    if (is_closing_) return;
    std::packaged_task<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
  }
}

}  // namespace retrace::rl
