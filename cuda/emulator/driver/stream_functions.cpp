// cuStream*, cuEvent*, cuGraph*.
#include "call.h"

using yololoss::emulator::answer_for;
using yololoss::emulator::call;
using yololoss::emulator::CaptureMode;
using yololoss::emulator::Device;
using yololoss::emulator::Event;
using yololoss::emulator::Graph;
using yololoss::emulator::GraphExecutable;
using yololoss::emulator::kInvalidHandle;
using yololoss::emulator::kInvalidValue;
using yololoss::emulator::kNotReady;
using yololoss::emulator::kNotSupported;
using yololoss::emulator::Needs;
using yololoss::emulator::out;
using yololoss::emulator::Refusal;
using yololoss::emulator::Stream;
using yololoss::emulator::valid;

namespace {

constexpr unsigned kNonBlocking = 1;    // CU_STREAM_NON_BLOCKING
constexpr unsigned kBlockingSync = 1;   // CU_EVENT_BLOCKING_SYNC
constexpr unsigned kDisableTiming = 2;  // CU_EVENT_DISABLE_TIMING
constexpr unsigned kExternal = 1;       // CU_EVENT_RECORD_EXTERNAL, CU_EVENT_WAIT_EXTERNAL

Stream* create_stream(Device& device, unsigned flags) {
  if (flags > kNonBlocking) throw Refusal{kInvalidValue};
  return device.streams.add(std::make_shared<Stream>(Stream{.flags = flags, .legacy = false, .blocking = flags != kNonBlocking}));
}

}  // namespace

// ---- Streams

YOLOLOSS_DRIVER_FUNCTION cuStreamCreate(Stream** stream, unsigned flags) {
  return call("cuStreamCreate", Needs::context, [&](Device& device) { out(stream) = create_stream(device, flags); });
}

YOLOLOSS_DRIVER_FUNCTION cuStreamCreateWithPriority(Stream** stream, unsigned flags, int) {
  return call("cuStreamCreateWithPriority", Needs::context, [&](Device& device) { out(stream) = create_stream(device, flags); });
}

YOLOLOSS_DRIVER_FUNCTION cuStreamDestroy_v2(Stream* stream) {
  return call("cuStreamDestroy", Needs::ending, [&](Device& device) { device.forget(stream); });
}

YOLOLOSS_DRIVER_FUNCTION cuStreamGetFlags(Stream* stream, unsigned* flags) {
  return call("cuStreamGetFlags", Needs::context, [&](Device& device) { out(flags) = device.stream(stream).flags; });
}

YOLOLOSS_DRIVER_FUNCTION cuStreamSynchronize(Stream* handle) {
  return call("cuStreamSynchronize", Needs::context, [&](Device& device) {
    auto& stream = device.stream(handle);
    device.refuse_captured(stream);
    device.queue.finish(stream.last);
    answer_for(device);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuStreamQuery(Stream* handle) {
  return call("cuStreamQuery", Needs::context, [&](Device& device) {
    auto& stream = device.stream(handle);
    device.refuse_captured(stream);
    const bool done = device.queue.query(stream.last);
    answer_for(device);
    if (!done) throw Refusal{kNotReady};
  });
}

YOLOLOSS_DRIVER_FUNCTION cuStreamWaitEvent(Stream* stream, Event* event, unsigned flags) {
  return call("cuStreamWaitEvent", Needs::context, [&](Device& device) {
    if (flags > kExternal) throw Refusal{kInvalidValue};
    device.wait(device.stream(stream), valid(device.events, event), flags == kExternal);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuStreamIsCapturing(Stream* handle, int* status) {
  return call("cuStreamIsCapturing", Needs::context, [&](Device& device) {
    const auto& stream = device.stream(handle);
    out(status) = stream.capture == nullptr ? 0 : stream.capture->invalid ? 2 : 1;
  });
}

YOLOLOSS_DRIVER_FUNCTION cuStreamBeginCapture_v2(Stream* stream, int mode) {
  return call("cuStreamBeginCapture", Needs::context, [&](Device& device) {
    if (mode < 0 || mode > 2) throw Refusal{kInvalidValue};
    device.begin_capture(device.stream(stream), static_cast<CaptureMode>(mode));
  });
}

YOLOLOSS_DRIVER_FUNCTION cuStreamEndCapture(Stream* stream, Graph** graph) {
  return call("cuStreamEndCapture", Needs::context, [&](Device& device) {
    out(graph) = nullptr;
    *graph = device.graphs.add(device.end_capture(device.stream(stream)));
  });
}

// ---- Events

YOLOLOSS_DRIVER_FUNCTION cuEventCreate(Event** event, unsigned flags) {
  return call("cuEventCreate", Needs::context, [&](Device& device) {
    if ((flags & ~(kBlockingSync | kDisableTiming)) != 0) throw Refusal{kInvalidValue};
    out(event) = device.events.add(std::make_shared<Event>(Event{.timed = (flags & kDisableTiming) == 0}));
  });
}

YOLOLOSS_DRIVER_FUNCTION cuEventDestroy_v2(Event* event) {
  return call("cuEventDestroy", Needs::ending, [&](Device& device) {
    if (!device.events.remove(event)) throw Refusal{kInvalidHandle};
  });
}

YOLOLOSS_DRIVER_FUNCTION cuEventRecord(Event* event, Stream* stream) {
  return call("cuEventRecord", Needs::context,
              [&](Device& device) { device.record(valid(device.events, event), device.stream(stream), false); });
}

YOLOLOSS_DRIVER_FUNCTION cuEventRecordWithFlags(Event* event, Stream* stream, unsigned flags) {
  return call("cuEventRecordWithFlags", Needs::context, [&](Device& device) {
    if (flags > kExternal) throw Refusal{kInvalidValue};
    device.record(valid(device.events, event), device.stream(stream), flags == kExternal);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuEventSynchronize(Event* handle) {
  return call("cuEventSynchronize", Needs::context, [&](Device& device) {
    const auto event = valid(device.events, handle);
    device.refuse_captured(*event);
    device.queue.finish(event->recorded);
    answer_for(device);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuEventQuery(Event* handle) {
  return call("cuEventQuery", Needs::context, [&](Device& device) {
    const auto event = valid(device.events, handle);
    device.refuse_captured(*event);
    const bool done = device.queue.query(event->recorded);
    answer_for(device);
    if (!done) throw Refusal{kNotReady};
  });
}

YOLOLOSS_DRIVER_FUNCTION cuEventElapsedTime(float* milliseconds, Event* start, Event* end) {
  return call("cuEventElapsedTime", Needs::context, [&](Device& device) {
    const auto from = valid(device.events, start), to = valid(device.events, end);
    for (const auto& event : {from, to})
      if (!event->timed || event->recorded == nullptr) throw Refusal{kInvalidHandle};
    for (const auto& event : {from, to})
      if (!event->recorded->done) throw Refusal{kNotReady};
    out(milliseconds) = std::chrono::duration<float, std::milli>(to->time - from->time).count();
  });
}

// CUDA 12.8 and later.
YOLOLOSS_DRIVER_FUNCTION cuEventElapsedTime_v2(float* milliseconds, Event* start, Event* end) {
  return cuEventElapsedTime(milliseconds, start, end);
}

// ---- Graphs

YOLOLOSS_DRIVER_FUNCTION cuGraphInstantiateWithFlags(GraphExecutable** executable, Graph* handle, unsigned long long flags) {
  return call("cuGraphInstantiateWithFlags", Needs::context, [&](Device& device) {
    if (flags != 0) throw Refusal{kNotSupported};
    const auto graph = valid(device.graphs, handle);
    out(executable) = device.executables.add(std::make_shared<GraphExecutable>(GraphExecutable{.graph = *graph, .last_launch = {}}));
  });
}

YOLOLOSS_DRIVER_FUNCTION cuGraphUpload(GraphExecutable* executable, Stream* stream) {
  return call("cuGraphUpload", Needs::context, [&](Device& device) {
    valid(device.executables, executable);
    device.stream(stream);
  });
}

YOLOLOSS_DRIVER_FUNCTION cuGraphLaunch(GraphExecutable* executable, Stream* stream) {
  return call("cuGraphLaunch", Needs::context,
              [&](Device& device) { device.launch(device.stream(stream), *valid(device.executables, executable)); });
}

// Only their number: the nodes have no handles.
YOLOLOSS_DRIVER_FUNCTION cuGraphGetNodes(Graph* handle, void** nodes, std::size_t* count) {
  return call("cuGraphGetNodes", Needs::context, [&](Device& device) {
    const auto graph = valid(device.graphs, handle);
    if (nodes != nullptr) throw Refusal{kNotSupported};
    out(count) = graph->nodes.size();
  });
}

YOLOLOSS_DRIVER_FUNCTION cuGraphExecDestroy(GraphExecutable* executable) {
  return call("cuGraphExecDestroy", Needs::ending, [&](Device& device) {
    if (!device.executables.remove(executable)) throw Refusal{kInvalidHandle};
  });
}

YOLOLOSS_DRIVER_FUNCTION cuGraphDestroy(Graph* graph) {
  return call("cuGraphDestroy", Needs::ending, [&](Device& device) {
    if (!device.graphs.remove(graph)) throw Refusal{kInvalidHandle};
  });
}
