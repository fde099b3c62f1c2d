#include "distributed/mpi_communicator.h"

#include <ATen/ATen.h>
#include <mpi.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <limits>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "distributed/mpi_request.h"
#include "distributed/tensor_check.h"

namespace retrace::distributed {
namespace {

// Elements of one MPI call: bounds the staging copy (32 MiB of float64) and keeps counts within
// MPI's int.
constexpr int64_t kChunkElements = int64_t{1} << 22;

// Ranks do not start together; a short deadline is about collectives, not about loading programs.
constexpr double kLeastStartSeconds = 60;

MPI_Datatype to_mpi(at::ScalarType dtype) {
  if (dtype == at::kFloat) return MPI_FLOAT;
  if (dtype == at::kDouble) return MPI_DOUBLE;
  RETRACE_CHECK(dtype == at::kLong, "dtype {} was not checked", at::toString(dtype));
  return MPI_INT64_T;
}

class MpiCommunicator : public Communicator {
 public:
  explicit MpiCommunicator(const MpiOptions& options)
      : rank_(MpiSession::world_rank()),
        size_(MpiSession::world_size()),
        deadline_seconds_(options.deadline_seconds) {
    RETRACE_CHECK(deadline_seconds_ > 0, "the deadline is {} s", deadline_seconds_);
    // A communicator of its own: a call that another user of MPI abandoned cannot be mistaken for
    // ours.
    const CallSite site = {"start", "communicator", rank_, size_};
    const auto created = std::make_shared<MPI_Comm>(MPI_COMM_NULL);
    MPI_Request request = MPI_REQUEST_NULL;
    check_mpi(MPI_Comm_idup(MPI_COMM_WORLD, created.get(), &request), site);
    wait_for(request, std::max(deadline_seconds_, kLeastStartSeconds), site, created);
    comm_ = *created;
    check_mpi(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), site);
  }

  ~MpiCommunicator() override {
    int is_finalized = 0;
    MPI_Finalized(&is_finalized);
    // Freeing is collective: only while all ranks are known to be in step.
    const bool in_step = !has_failed_ && std::uncaught_exceptions() == 0 && is_finalized == 0;
    if (in_step) MPI_Comm_free(&comm_);
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void all_reduce_sum(at::Tensor& tensor, std::string_view tag) override {
    check_collective_tensor(tensor, "all_reduce_sum", tag);
    const CallSite site = begin("all_reduce_sum", tag);
    const MPI_Datatype type = to_mpi(tensor.scalar_type());
    const at::Tensor flat = tensor.detach().view({-1});
    for (int64_t start = 0; start < flat.numel(); start += kChunkElements) {
      const int64_t count = std::min(kChunkElements, flat.numel() - start);
      // From a copy and not in place: Open MPI reduces long in-place vectors by a tree, which moves
      // log2(ranks) times the data of the ring it uses otherwise.
      auto buffers = std::make_shared<std::pair<at::Tensor, at::Tensor>>(
          flat.narrow(0, start, count).clone(), flat.narrow(0, start, count));
      MPI_Request request = MPI_REQUEST_NULL;
      check(MPI_Iallreduce(buffers->first.data_ptr(), buffers->second.data_ptr(),
                           static_cast<int>(count), type, MPI_SUM, comm_, &request),
            site);
      wait(request, site, buffers);
    }
  }

  void broadcast(at::Tensor& tensor, int root, std::string_view tag) override {
    check_collective_tensor(tensor, "broadcast", tag);
    RETRACE_CHECK(root >= 0 && root < size_, "broadcast '{}': root {} of {} ranks", tag, root,
                  size_);
    const CallSite site = begin("broadcast", tag);
    const MPI_Datatype type = to_mpi(tensor.scalar_type());
    const at::Tensor flat = tensor.detach().view({-1});
    for (int64_t start = 0; start < flat.numel(); start += kChunkElements) {
      const int64_t count = std::min(kChunkElements, flat.numel() - start);
      auto buffer = std::make_shared<at::Tensor>(flat.narrow(0, start, count));
      MPI_Request request = MPI_REQUEST_NULL;
      check(MPI_Ibcast(buffer->data_ptr(), static_cast<int>(count), type, root, comm_, &request),
            site);
      wait(request, site, buffer);
    }
  }

  std::vector<std::string> all_gather(const std::string& text, std::string_view tag) override {
    const CallSite site = begin("all_gather", tag);
    const std::vector<int64_t> lengths = gather_lengths(static_cast<int64_t>(text.size()), site);
    const int64_t total = std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
    if (total > std::numeric_limits<int>::max()) {
      core::throw_<core::DistributedError>(
          "all_gather '{}' on rank {} of {}: expected texts of less than 2 GiB in all, found {} "
          "bytes; gather in parts",
          tag, rank_, size_, total);
    }
    struct Buffers {
      std::string sent, received;
      std::vector<int> lengths, offsets;
    };
    auto buffers = std::make_shared<Buffers>();
    buffers->sent = text;
    buffers->received.resize(static_cast<size_t>(total));
    buffers->lengths.assign(lengths.begin(), lengths.end());
    buffers->offsets.resize(lengths.size());
    std::exclusive_scan(buffers->lengths.begin(), buffers->lengths.end(), buffers->offsets.begin(),
                        0);
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Iallgatherv(buffers->sent.data(), static_cast<int>(text.size()), MPI_BYTE,
                          buffers->received.data(), buffers->lengths.data(),
                          buffers->offsets.data(), MPI_BYTE, comm_, &request),
          site);
    wait(request, site, buffers);
    std::vector<std::string> texts;
    for (size_t source = 0; source < lengths.size(); ++source) {
      texts.push_back(buffers->received.substr(static_cast<size_t>(buffers->offsets[source]),
                                               static_cast<size_t>(lengths[source])));
    }
    return texts;
  }

  void barrier(std::string_view tag) override {
    const CallSite site = begin("barrier", tag);
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Ibarrier(comm_, &request), site);
    wait(request, site, nullptr);
  }

 private:
  CallSite begin(std::string_view operation, std::string_view tag) const {
    const CallSite site = {operation, tag, rank_, size_};
    if (has_failed_) {
      core::throw_<core::DistributedError>(
          "{} '{}' on rank {} of {}: an earlier collective failed, so the ranks are no longer in "
          "step; end the run",
          operation, tag, rank_, size_);
    }
    return site;
  }

  void check(int code, const CallSite& site) {
    has_failed_ = has_failed_ || code != MPI_SUCCESS;
    check_mpi(code, site);
  }

  void wait(MPI_Request request, const CallSite& site, std::shared_ptr<void> keep_alive) {
    has_failed_ = true;  // unless the wait returns
    wait_for(request, deadline_seconds_, site, std::move(keep_alive));
    has_failed_ = false;
  }

  std::vector<int64_t> gather_lengths(int64_t length, const CallSite& site) {
    auto buffers = std::make_shared<std::pair<int64_t, std::vector<int64_t>>>(
        length, std::vector<int64_t>(static_cast<size_t>(size_)));
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Iallgather(&buffers->first, 1, MPI_INT64_T, buffers->second.data(), 1, MPI_INT64_T,
                         comm_, &request),
          site);
    wait(request, site, buffers);
    return std::move(buffers->second);
  }

  int rank_, size_;
  double deadline_seconds_;
  MPI_Comm comm_ = MPI_COMM_NULL;
  bool has_failed_ = false;
};

}  // namespace

std::unique_ptr<Communicator> make_mpi_communicator(const MpiOptions& options) {
  return std::make_unique<MpiCommunicator>(options);
}

}  // namespace retrace::distributed
