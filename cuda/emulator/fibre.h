// A stack of its own on which the threads of a block run, one after another, each until it has to wait for others.
//
// Switching costs a few nanoseconds and no system call: on x86-64 a dozen instructions, elsewhere (or with
// YOLOLOSS_EMULATOR_UCONTEXT) swapcontext. AddressSanitizer is told of every switch.
#pragma once

#include <cstddef>
#include <cstdlib>

#if !defined(__x86_64__) && !defined(YOLOLOSS_EMULATOR_UCONTEXT)
#define YOLOLOSS_EMULATOR_UCONTEXT
#endif
#ifdef YOLOLOSS_EMULATOR_UCONTEXT
#include <ucontext.h>
#else
extern "C" void yololoss_switch_stack(void** save, void* load);
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

namespace yololoss::emulator {

class Fibre {
 public:
  // Called on the fibre's stack at the first switch to it. Never returns.
  using Body = void (*)(Fibre& self, void* context);

  // Stands for the stack that the host thread is on.
  Fibre() = default;
  // The number only sets where on its memory the stack begins, so that not all stacks compete for the same cache lines.
  Fibre(unsigned number, Body body, void* context);
  ~Fibre();  // only of what was never switched to or has left for good
  Fibre(const Fibre&) = delete;
  Fibre& operator=(const Fibre&) = delete;

  // Goes on with another fibre. Called on this one's stack; comes back when another switches to it.
  void switch_to(Fibre& other) {
    depart(other, false);
    jump(other);
    arrive();
  }
  // Goes on with another fibre for good; what lies on this one's stack is dropped without destructors.
  [[noreturn]] void leave_for(Fibre& other) {
    depart(other, true);
    jump(other);
    std::abort();
  }

 private:
  static void start(Fibre* self);
#ifdef YOLOLOSS_EMULATOR_UCONTEXT
  static void start_halves(unsigned low, unsigned high);
  void jump(Fibre& other) { swapcontext(&state_, &other.state_); }
  ucontext_t state_{};
#else
  void jump(Fibre& other) { yololoss_switch_stack(&state_, other.state_); }
  void* state_ = nullptr;
#endif
#ifdef __SANITIZE_ADDRESS__
  void depart(Fibre& other, bool for_good) {
    other.previous_ = this;
    __sanitizer_start_switch_fiber(for_good ? nullptr : &fake_stack_, other.stack_, other.stack_size_);
  }
  void arrive() { __sanitizer_finish_switch_fiber(fake_stack_, &previous_->stack_, &previous_->stack_size_); }
  void* fake_stack_ = nullptr;
  Fibre* previous_ = nullptr;
#else
  void depart(Fibre&, bool) {}
  void arrive() {}
#endif
  Body body_ = nullptr;
  void* context_ = nullptr;
  char* memory_ = nullptr;  // a page that must not be touched, then the stack
  const void* stack_ = nullptr;
  std::size_t stack_size_ = 0;
};

}  // namespace yololoss::emulator
