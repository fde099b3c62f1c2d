#!/usr/bin/env python3
"""Reads 8 evenly spaced frames of a video with another library, as bench/video/video_bench.cc does with ours.

    peers.py pyav|decord|torchcodec|torchcodec_exact FILE [--repeats N]

Prints the seconds of each read, by the clock and of the processor, one a line, after one that does not count: opening, seeking, decoding and resizing to
280 x 504 on one thread. Each library is used in the fastest way that gives the right frames, and resizes with its own
tool (swscale), which is cheaper than antialiased bicubic and not equal to it.
"""

import argparse
import time

HEIGHT, WIDTH, NUM_FRAMES = 280, 504, 8


def targets(total):
    return [i * (total - 1) // (NUM_FRAMES - 1) for i in range(NUM_FRAMES)]


def read_pyav(path):
    import av

    frames = []
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        ticks = 1 / (stream.average_rate * stream.time_base)  # of the time base, a frame
        for index in targets(stream.frames):
            pts = int(index * ticks) + (stream.start_time or 0)
            container.seek(pts, stream=stream, backward=True)
            for frame in container.decode(stream):
                if frame.pts >= pts:
                    frames.append(frame.to_ndarray(format="rgb24", width=WIDTH, height=HEIGHT, interpolation="BICUBIC"))
                    break
    assert len(frames) == NUM_FRAMES and frames[0].shape == (HEIGHT, WIDTH, 3)
    return frames


def read_decord(path):
    import decord

    reader = decord.VideoReader(path, ctx=decord.cpu(0), width=WIDTH, height=HEIGHT, num_threads=1)
    frames = reader.get_batch(targets(len(reader))).asnumpy()
    assert frames.shape == (NUM_FRAMES, HEIGHT, WIDTH, 3)
    return frames


def torchcodec_reader(seek_mode):
    def read(path):
        from torchcodec.decoders import VideoDecoder
        from torchcodec.transforms import Resize

        decoder = VideoDecoder(path, num_ffmpeg_threads=1, seek_mode=seek_mode, transforms=[Resize((HEIGHT, WIDTH))])
        frames = decoder.get_frames_at(targets(len(decoder))).data
        assert tuple(frames.shape) == (NUM_FRAMES, 3, HEIGHT, WIDTH)
        return frames

    return read


READERS = {
    "pyav": read_pyav,
    "decord": read_decord,
    "torchcodec": torchcodec_reader("approximate"),  # correct for a constant frame rate, which these clips have
    "torchcodec_exact": torchcodec_reader("exact"),  # scans the packets as we do
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("reader", choices=READERS)
    parser.add_argument("file")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.reader.startswith("torchcodec"):
        import torch

        torch.set_num_threads(1)
    read = READERS[arguments.reader]
    read(arguments.file)
    for _ in range(arguments.repeats):
        begin, begin_cpu = time.perf_counter(), time.process_time()
        read(arguments.file)
        print(f"{time.perf_counter() - begin:.6f} {time.process_time() - begin_cpu:.6f}")


if __name__ == "__main__":
    main()
