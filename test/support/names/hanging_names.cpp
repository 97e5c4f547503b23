/// Preloaded into a program: a name that ends with .hang is looked up for as long as the file of
/// HANGING_NAMES_FILE exists, as with a name server that never answers, and is 127.0.0.1 then.

#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** found) {
  using look_up = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<look_up>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  if (name == nullptr || !std::string_view{name}.ends_with(".hang")) return real(name, service, hints, found);
  constexpr int rest_ms = 20;
  const char* file = std::getenv("HANGING_NAMES_FILE");
  while (file != nullptr && ::access(file, F_OK) == 0) ::poll(nullptr, 0, rest_ms);
  return real("127.0.0.1", service, hints, found);
}
