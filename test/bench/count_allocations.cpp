// Loaded with LD_PRELOAD: counts who asks for memory, by the object that holds the caller. At the end of the
// program it writes one JSON object into the file named by COUNT_ALLOCATIONS: calls and bytes by object.
//
// A program in C++ allocates through `operator new`, so that is counted where it is called, not where it calls
// malloc. What libstdc++ asks for itself (the strings that it instantiates) is its user's: such a call is given
// to the nearest frame outside of it.

#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

extern "C" {
// glibc's own, so that nothing has to be looked up while memory is asked for.
void* __libc_malloc(std::size_t size);                     // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(std::size_t count, std::size_t size);  // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* block, std::size_t size);       // NOLINT(bugprone-reserved-identifier)
void __libc_free(void* block);                             // NOLINT(bugprone-reserved-identifier)
void* __libc_memalign(std::size_t to, std::size_t size);   // NOLINT(bugprone-reserved-identifier)
}

namespace {

constexpr std::size_t most_objects = 128;

struct object {
  std::uintptr_t from = 0, to = 0;
  char name[64] = {};
  bool is_standard_library = false;
  std::atomic<std::uint64_t> calls{0}, bytes{0};
};

// Never destroyed: threads of libraries go on allocating while the program ends.
std::array<object, most_objects> objects;
std::atomic<std::size_t> object_count{0};
object elsewhere;
thread_local bool is_counting = false;

int note_object(dl_phdr_info* found, std::size_t, void*) {
  const auto index = object_count.load();
  if (index >= most_objects) return 1;
  auto& entry = objects[index];
  const char* slash = std::strrchr(found->dlpi_name, '/');
  const char* name = found->dlpi_name[0] == 0 ? "program" : (slash != nullptr ? slash + 1 : found->dlpi_name);
  std::snprintf(entry.name, sizeof entry.name, "%s", name);
  entry.is_standard_library = std::strstr(name, "libstdc++") != nullptr;
  for (int i = 0; i < found->dlpi_phnum; ++i) {
    const auto& part = found->dlpi_phdr[i];
    if (part.p_type != PT_LOAD) continue;
    const auto from = static_cast<std::uintptr_t>(found->dlpi_addr) + part.p_vaddr;
    if (entry.from == 0 || from < entry.from) entry.from = from;
    if (from + part.p_memsz > entry.to) entry.to = from + part.p_memsz;
  }
  object_count.store(index + 1);
  return 0;
}

object& object_of(const void* address) {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  const auto count = object_count.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < count; ++i)
    if (at >= objects[i].from && at < objects[i].to) return objects[i];
  return elsewhere;
}

object& user_of_standard_library(object& otherwise) {
  std::array<void*, 16> frames{};
  const int count = backtrace(frames.data(), static_cast<int>(frames.size()));
  auto& own = object_of(reinterpret_cast<const void*>(&object_of));
  for (int i = 0; i < count; ++i) {
    auto& found = object_of(frames[static_cast<std::size_t>(i)]);
    if (&found != &own && !found.is_standard_library) return found;
  }
  return otherwise;
}

void note(const void* caller, std::size_t size) {
  if (is_counting || object_count.load(std::memory_order_relaxed) == 0) return;
  is_counting = true;
  auto* asks = &object_of(caller);
  if (asks->is_standard_library) asks = &user_of_standard_library(*asks);
  asks->calls.fetch_add(1, std::memory_order_relaxed);
  asks->bytes.fetch_add(size, std::memory_order_relaxed);
  is_counting = false;
}

[[gnu::constructor]] void begin() {
  is_counting = true;
  std::array<void*, 2> warmed_up{};
  backtrace(warmed_up.data(), 2);  // loads libgcc now, not inside of an allocation
  dl_iterate_phdr(note_object, nullptr);
  is_counting = false;
}

[[gnu::destructor]] void write_counts() {
  const char* path = std::getenv("COUNT_ALLOCATIONS");
  if (path == nullptr) return;
  is_counting = true;
  auto* out = std::fopen(path, "w");
  if (out == nullptr) return;
  std::fputs("{", out);
  for (std::size_t i = 0; i < object_count.load(); ++i) {
    auto& entry = objects[i];
    if (entry.calls.load() == 0) continue;
    std::fprintf(out, "\"%s\":{\"calls\":%llu,\"bytes\":%llu},", entry.name,
                 static_cast<unsigned long long>(entry.calls.load()),
                 static_cast<unsigned long long>(entry.bytes.load()));
  }
  std::fprintf(out, "\"elsewhere\":{\"calls\":%llu,\"bytes\":%llu}}\n",
               static_cast<unsigned long long>(elsewhere.calls.load()),
               static_cast<unsigned long long>(elsewhere.bytes.load()));
  std::fclose(out);
}

void* counted_new(const void* caller, std::size_t size, std::size_t align) {
  note(caller, size);
  void* block = align == 0 ? __libc_malloc(size == 0 ? 1 : size) : __libc_memalign(align, size);
  if (block == nullptr) std::abort();
  return block;
}

}  // namespace

#define CALLER __builtin_extract_return_addr(__builtin_return_address(0))

extern "C" {
[[gnu::visibility("default")]] void* malloc(std::size_t size) {
  note(CALLER, size);
  return __libc_malloc(size);
}
[[gnu::visibility("default")]] void* calloc(std::size_t count, std::size_t size) {
  note(CALLER, count * size);
  return __libc_calloc(count, size);
}
[[gnu::visibility("default")]] void* realloc(void* block, std::size_t size) {
  note(CALLER, size);
  return __libc_realloc(block, size);
}
[[gnu::visibility("default")]] int posix_memalign(void** block, std::size_t to, std::size_t size) {
  note(CALLER, size);
  *block = __libc_memalign(to, size);
  return *block == nullptr ? ENOMEM : 0;
}
[[gnu::visibility("default")]] void* memalign(std::size_t to, std::size_t size) {
  note(CALLER, size);
  return __libc_memalign(to, size);
}
[[gnu::visibility("default")]] void* reallocarray(void* block, std::size_t count, std::size_t size) {
  note(CALLER, count * size);
  return __libc_realloc(block, count * size);
}
// The program may bring an allocator of its own, which must not get to see blocks of this one.
[[gnu::visibility("default")]] void free(void* block) { __libc_free(block); }
[[gnu::visibility("default")]] void* aligned_alloc(std::size_t to, std::size_t size) {
  note(CALLER, size);
  return __libc_memalign(to, size);
}
}

void* operator new(std::size_t size) { return counted_new(CALLER, size, 0); }
void* operator new[](std::size_t size) { return counted_new(CALLER, size, 0); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted_new(CALLER, size, 0); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted_new(CALLER, size, 0); }
void* operator new(std::size_t size, std::align_val_t to) {
  return counted_new(CALLER, size, static_cast<std::size_t>(to));
}
void* operator new[](std::size_t size, std::align_val_t to) {
  return counted_new(CALLER, size, static_cast<std::size_t>(to));
}

void operator delete(void* block) noexcept { __libc_free(block); }
void operator delete[](void* block) noexcept { __libc_free(block); }
void operator delete(void* block, std::size_t) noexcept { __libc_free(block); }
void operator delete[](void* block, std::size_t) noexcept { __libc_free(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { __libc_free(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { __libc_free(block); }
void operator delete(void* block, std::align_val_t) noexcept { __libc_free(block); }
void operator delete[](void* block, std::align_val_t) noexcept { __libc_free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { __libc_free(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { __libc_free(block); }
