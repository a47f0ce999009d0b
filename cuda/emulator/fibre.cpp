#include "fibre.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#ifndef YOLOLOSS_EMULATOR_UCONTEXT
// Keeps what the System V ABI says a call keeps. The control words of the floating point units are not among it: nobody
// changes them.
asm(R"(
  .text
  .hidden yololoss_switch_stack
  .globl yololoss_switch_stack
  .type yololoss_switch_stack, @function
yololoss_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .size yololoss_switch_stack, . - yololoss_switch_stack

  .hidden yololoss_first_frame
  .globl yololoss_first_frame
  .type yololoss_first_frame, @function
yololoss_first_frame:
  movq %r12, %rdi
  jmp *%r13
  .size yololoss_first_frame, . - yololoss_first_frame
)");
extern "C" void yololoss_first_frame();
#endif

namespace yololoss::emulator {
namespace {

constexpr std::size_t kPage = 4096;
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kStack = 256 * 1024;
#else
constexpr std::size_t kStack = 64 * 1024;
#endif

}  // namespace

Fibre::Fibre(unsigned number, Body body, void* context) : body_(body), context_(context), stack_size_(kStack - number * 192 % (2 * kPage)) {
  void* mapped = mmap(nullptr, kPage + kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<char*>(mapped);
  mprotect(memory_, kPage, PROT_NONE);
  stack_ = memory_ + kPage;
#ifdef YOLOLOSS_EMULATOR_UCONTEXT
  getcontext(&state_);
  state_.uc_stack.ss_sp = memory_ + kPage;
  state_.uc_stack.ss_size = stack_size_;
  state_.uc_link = nullptr;
  const std::uint64_t address = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&state_, reinterpret_cast<void (*)()>(start_halves), 2, static_cast<unsigned>(address), static_cast<unsigned>(address >> 32));
#else
  auto* top = reinterpret_cast<void**>(memory_ + kPage + stack_size_);
  *--top = nullptr;                                        // the return address of start, which aligns its frame
  *--top = reinterpret_cast<void*>(yololoss_first_frame);  // where the first switch returns to
  *--top = nullptr;                                        // rbp
  *--top = nullptr;                                        // rbx
  *--top = this;                                           // r12
  *--top = reinterpret_cast<void*>(&Fibre::start);         // r13
  *--top = nullptr;                                        // r14
  *--top = nullptr;                                        // r15
  state_ = top;
#endif
}

Fibre::~Fibre() {
  if (memory_ == nullptr) return;
#ifdef __SANITIZE_ADDRESS__
  __asan_unpoison_memory_region(memory_ + kPage, kStack);
#endif
  munmap(memory_, kPage + kStack);
}

void Fibre::start(Fibre* self) {
  self->arrive();
  self->body_(*self, self->context_);
  std::abort();
}

#ifdef YOLOLOSS_EMULATOR_UCONTEXT
void Fibre::start_halves(unsigned low, unsigned high) {
  start(reinterpret_cast<Fibre*>(static_cast<std::uintptr_t>(static_cast<std::uint64_t>(high) << 32 | low)));
}
#endif

}  // namespace yololoss::emulator
