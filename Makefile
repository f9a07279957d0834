# The front door. Each target installs the Debian packages it lacks, then calls
# CMake; the build itself is described in CMakeLists.txt and CMakePresets.json.
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60

configure = cmake --preset $(1)
build = $(configure) && cmake --build --preset $(1) -j $(JOBS)
ctest = ctest --output-on-failure --no-tests=error -j $(JOBS)

.PHONY: all demo test test-aarch64 test-slow fuzz bench bench-peers \
	bench-kernels bench-train install clean

all:
	@scripts/setup build
	@$(call build,release)

demo: all
	@scripts/setup demo
	@scripts/demo

# The fast tests, then the same under the address and undefined-behaviour
# sanitizers, as one CTest run.
test:
	@scripts/setup build test
	@$(call build,release)
	@$(call build,asan-ubsan)
	@echo 'subdirs(release asan-ubsan)' > build/CTestTestfile.cmake
	@$(ctest) --test-dir build -LE slow

test-aarch64:
	@scripts/setup build aarch64
	@$(call build,aarch64)
	@$(ctest) --test-dir build/aarch64 -LE slow

# What takes long: races, valgrind, the slow tests, several processes and a minute
# of each fuzzer.
test-slow: fuzz
	@scripts/setup build test slow mpi
	@$(call build,release)
	@$(ctest) --test-dir build/release -L slow
	@$(call build,tsan)
	@$(ctest) --test-dir build/tsan -LE slow
	@scripts/valgrind build/release
	@$(call build,mpi)
	@$(ctest) --test-dir build/mpi -R cli/train_mpi

fuzz:
	@scripts/setup build fuzz
	@$(call build,fuzz)
	@scripts/fuzz build/fuzz $(FUZZ_SECONDS)

bench: all
	@scripts/setup bench
	@scripts/bench

# Needs Node.js and npm, which installs ONNX Runtime into build/peers.
bench-peers: all
	@scripts/bench-peers

bench-kernels:
	@scripts/setup build
	@$(call configure,release)
	@cmake --build --preset release -j $(JOBS) --target bench_kernels
	@build/release/bench_kernels

# Training against PyTorch, taking turns.
bench-train: all
	@scripts/setup bench-train
	@cmake --build --preset release --target bench_train
	@for network in rtmpose-s rtmpose-m efficientpose-rt; do \
		for precision in fp32 bf16; do \
			python3 bench/train_pytorch.py build/release/sinew \
				build/release/bench_train $$network 16 2 6 3 \
				$$precision || exit; \
		done; \
	done

install: all
	@cmake --install build/release --prefix $(PREFIX)

clean:
	@rm -rf build
