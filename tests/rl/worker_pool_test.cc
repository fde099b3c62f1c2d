#include "rl/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace retrace::rl {
namespace {

TEST(WorkerPool, RunsEveryTask) {
  for (const int64_t num_threads : {1, 2, 8}) {
    WorkerPool pool(num_threads);
    std::vector<int> results(200, 0);
    std::vector<std::future<void>> done;
    for (int& result : results) done.push_back(pool.submit([&result] { ++result; }));
    for (std::future<void>& task : done) task.get();
    EXPECT_EQ(results, std::vector<int>(200, 1)) << num_threads;
  }
}

TEST(WorkerPool, OfOneThreadKeepsTheOrder) {
  WorkerPool pool(1);
  std::vector<int> order;
  std::vector<std::future<void>> done;
  for (int i = 0; i < 50; ++i) done.push_back(pool.submit([&order, i] { order.push_back(i); }));
  for (std::future<void>& task : done) task.get();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(WorkerPool, HandsOnWhatATaskThrows) {
  WorkerPool pool(2);
  std::future<void> failed = pool.submit([] { throw std::runtime_error("no"); });
  EXPECT_THROW(failed.get(), std::runtime_error);
  pool.submit([] {}).get();  // and goes on
}

TEST(WorkerPool, DropsWhatHasNotBegunWhenAsked) {
  std::promise<void> begun, release;
  WorkerPool pool(1);
  std::future<void> running = pool.submit([&] {
    begun.set_value();
    release.get_future().wait();
  });
  bool has_run = false;
  std::future<void> waiting = pool.submit([&] { has_run = true; });
  begun.get_future().wait();
  EXPECT_EQ(pool.drop_waiting(), 1);
  EXPECT_THROW(waiting.get(), std::future_error);
  release.set_value();
  running.get();
  pool.submit([] {}).get();  // and goes on
  EXPECT_FALSE(has_run);
}

TEST(WorkerPool, DropsWhatHasNotBegunWhenItEnds) {
  std::promise<void> begun;
  std::atomic<int> num_run{0};
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::vector<std::future<void>> waiting;
  {
    WorkerPool pool(1);
    waiting.push_back(pool.submit([&] {
      begun.set_value();
      released.wait();
      ++num_run;
    }));
    for (int i = 0; i < 10; ++i) waiting.push_back(pool.submit([&] { ++num_run; }));
    begun.get_future().wait();
    release.set_value();
  }
  EXPECT_GE(num_run, 1);
  EXPECT_LE(num_run, 11);
  for (std::future<void>& task : waiting) EXPECT_TRUE(task.valid());
}

}  // namespace
}  // namespace retrace::rl
