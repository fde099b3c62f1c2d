#include "model/safetensors.h"

#include <ATen/ATen.h>

#include <cstring>

#include "core/error.h"
#include "tests/model/test_files.h"

namespace retrace::model {
namespace {

using core::CheckpointError;

std::string file_with_header(const std::string& header, size_t data_bytes) {
  const uint64_t length = header.size();
  std::string content(sizeof(length), '\0');
  std::memcpy(content.data(), &length, sizeof(length));
  return content + header + std::string(data_bytes, '\0');
}

TEST(Safetensors, ReadsEveryDtypeThatThePythonLibraryWrites) {
  const SafetensorsReader reader(golden_file("text_dtypes.safetensors"));
  const at::Tensor values = at::tensor({-2.0, -0.5, 0.0, 1.0, 1.5, 96.0}, at::kDouble).view({2, 3});
  const std::map<std::string, at::ScalarType> dtypes = {
      {"f32", at::kFloat},  {"f16", at::kHalf}, {"bf16", at::kBFloat16},
      {"f64", at::kDouble}, {"i64", at::kLong}, {"i32", at::kInt},
      {"i16", at::kShort},  {"i8", at::kChar},  {"bool", at::kBool}};
  for (const auto& [name, dtype] : dtypes) {
    ASSERT_TRUE(reader.has(name));
    EXPECT_EQ(reader.shape(name), (std::vector<int64_t>{2, 3}));
    const at::Tensor found = reader.read(name);
    EXPECT_EQ(found.scalar_type(), dtype) << name;
    EXPECT_TRUE(at::equal(found, values.to(dtype))) << name;
  }
  EXPECT_TRUE(at::equal(reader.read("u8"), values.abs().to(at::kByte)));
  EXPECT_EQ(reader.read("scalar").dim(), 0);
  EXPECT_EQ(reader.read("scalar").item<float>(), 3.25f);
  EXPECT_EQ(reader.shape("empty"), (std::vector<int64_t>{2, 0, 3}));
  EXPECT_EQ(reader.read("empty").numel(), 0);
  EXPECT_EQ(reader.names().size(), 12u);
  EXPECT_EQ(reader.metadata().at("note"), "x");
}

TEST(Safetensors, WhatIsWrittenReadsBackEqual) {
  const TemporaryFolder folder;
  const at::Tensor matrix = at::arange(12, at::kFloat).view({3, 4});
  write_safetensors(folder / "a.safetensors",
                    {{"z", matrix.t()},
                     {"a\"quote", at::tensor({1, 2, 3}, at::kLong)},
                     {"half", matrix.to(at::kBFloat16)},
                     {"flag", at::tensor({1, 0}, at::kByte).to(at::kBool)},
                     {"none", at::empty({0, 4})},
                     {"scalar", at::scalar_tensor(7.0)}},
                    {{"format", "pt"}});
  const SafetensorsReader reader(folder / "a.safetensors");
  EXPECT_TRUE(at::equal(reader.read("z"), matrix.t()));
  EXPECT_EQ(reader.read("a\"quote").sum().item<int64_t>(), 6);
  EXPECT_TRUE(at::equal(reader.read("half"), matrix.to(at::kBFloat16)));
  EXPECT_TRUE(reader.read("flag")[0].item<bool>());
  EXPECT_EQ(reader.shape("none"), (std::vector<int64_t>{0, 4}));
  EXPECT_EQ(reader.read("scalar").item<float>(), 7);
  EXPECT_EQ(reader.metadata().at("format"), "pt");
  EXPECT_EQ(reader.names().front(), "z");
}

TEST(Safetensors, AStoredDtypeConvertsOnTheWayOut) {
  const TemporaryFolder folder;
  const at::Tensor values = at::linspace(-1, 1, 10);
  write_safetensors(folder / "a.safetensors", {{"x", values}}, {}, at::kHalf);
  EXPECT_TRUE(
      at::equal(SafetensorsReader(folder / "a.safetensors").read("x"), values.to(at::kHalf)));
}

TEST(Safetensors, TensorsReadOutliveTheReader) {
  at::Tensor tensor;
  {
    SafetensorsReader reader(golden_file("text_dtypes.safetensors"));
    const SafetensorsReader moved = std::move(reader);
    tensor = moved.read("f32");
  }
  EXPECT_EQ(tensor.sum().item<float>(), 96);
}

TEST(Safetensors, WritingLeavesNoTemporaryFileAndReplacesTheOldOne) {
  const TemporaryFolder folder;
  write_text(folder / "a.safetensors", "old");
  write_safetensors(folder / "a.safetensors", {{"x", at::ones({2})}});
  EXPECT_EQ(SafetensorsReader(folder / "a.safetensors").read("x").sum().item<float>(), 2);
  const std::filesystem::directory_iterator entries(folder.path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST(Safetensors, AFolderThatDoesNotExistIsNamed) {
  EXPECT_ERROR(write_safetensors("/nonexistent/a.safetensors", {{"x", at::ones({1})}}),
               CheckpointError, "/nonexistent/a.safetensors: cannot be written: No such file");
  EXPECT_ERROR(SafetensorsReader("/nonexistent/a.safetensors"), CheckpointError,
               "/nonexistent/a.safetensors: cannot be read: No such file");
  EXPECT_ERROR(SafetensorsReader("/tmp"), CheckpointError, "expected a regular file");
}

TEST(Safetensors, ANameUsedTwiceIsAnInternalError) {
  const TemporaryFolder folder;
  EXPECT_ERROR(write_safetensors(folder / "a", {{"x", at::ones({1})}, {"x", at::ones({1})}}),
               core::InternalError, "'x'");
}

TEST(Safetensors, AnUnknownTensorIsNamed) {
  const SafetensorsReader reader(golden_file("text_dtypes.safetensors"));
  EXPECT_FALSE(reader.has("nope"));
  EXPECT_ERROR(reader.read("nope"), CheckpointError, "holds no tensor 'nope'");
}

TEST(Safetensors, EveryTruncationOfAFileIsAnError) {
  const TemporaryFolder folder;
  const std::string content = core::read_text_file(golden_file("text_dtypes.safetensors"));
  for (size_t length = 0; length < content.size(); length += 7) {
    write_text(folder / "cut.safetensors", content.substr(0, length));
    EXPECT_ERROR(SafetensorsReader(folder / "cut.safetensors"), CheckpointError,
                 "cut.safetensors: ");
  }
}

TEST(Safetensors, MalformedHeadersAreErrorsThatSayWhatIsWrong) {
  const std::string x = R"("x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  const std::vector<std::tuple<std::string, size_t, std::string>> cases = {
      {"{", 0, "header: not valid JSON"},
      {"[]", 0, "header: expected a JSON object"},
      {R"({"x":3})", 0, "key 'x': expected an object"},
      {R"({"x":{"shape":[2],"data_offsets":[0,8]}})", 8, "key 'x.dtype': expected a string"},
      {R"({"x":{"dtype":"F8","shape":[2],"data_offsets":[0,8]}})", 8,
       "key 'x.dtype': expected one of"},
      {R"({"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8, "key 'x.shape'"},
      {R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8, "begin <= end"},
      {R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", 8, "begin <= end"},
      {R"({"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8, "does not match"},
      {R"({"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", 0,
       "does not match"},
      {"{" + x + "}", 4, "truncated"},
      {"{" + x + "}", 12, "cover 8 bytes of data, the file holds 12"},
      {"{" + x + R"(,"y":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", 12, "overlaps"},
      {"{" + x + R"(,"y":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}})", 16,
       "belong to none"},
      {"{" + x + R"(,"__metadata__":{"a":1}})", 8, "key '__metadata__.a': expected a string"},
  };
  const TemporaryFolder folder;
  for (const auto& [header, data_bytes, message] : cases) {
    SCOPED_TRACE(header);
    write_text(folder / "bad.safetensors", file_with_header(header, data_bytes));
    EXPECT_ERROR(SafetensorsReader(folder / "bad.safetensors"), CheckpointError, message);
  }
}

TEST(Safetensors, AHugeHeaderLengthIsAnErrorAndNotAnAllocation) {
  const TemporaryFolder folder;
  write_text(folder / "bad.safetensors", std::string(8, '\xff') + "{}");
  EXPECT_ERROR(SafetensorsReader(folder / "bad.safetensors"), CheckpointError,
               "expected a header of");
}

}  // namespace
}  // namespace retrace::model
