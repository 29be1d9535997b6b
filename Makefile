# SPDX-License-Identifier: Apache-2.0
# The short front door; CMake and Ninja do the work in $(BUILD).
BUILD ?= build
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 600
BENCH_PARTS ?= analyze sensor hub questions

.PHONY: all build deps demo test soak bench evaluate fuzz deb lint install clean
all: build

deps:
	@tools/install-packages build
	@tools/install-npm programs

$(BUILD)/build.ninja: CMakeLists.txt
	cmake -S . -B $(BUILD) -G Ninja -DCMAKE_INSTALL_PREFIX=$(PREFIX) $(CMAKE_FLAGS)

build: deps $(BUILD)/build.ninja
	ninja -C $(BUILD)

# A day of a regional telescope, made and read; then a hub and three sensors. Opens nothing, says where
# to look. DEMO_FLAGS=--once: ends by itself.
demo: build
	@tools/demo $(BUILD) $(DEMO_FLAGS)

# gcc, clang with address and undefined behaviour sanitizers, gcc with the thread sanitizer.
test: deps
	@tools/install-packages test
	@tools/install-npm tests
	cmake -S . -B $(BUILD)/test -G Ninja -DNOROSHI_WERROR=ON -DCMAKE_C_COMPILER=gcc $(CMAKE_FLAGS)
	cmake -S . -B $(BUILD)/asan -G Ninja -DNOROSHI_WERROR=ON -DCMAKE_C_COMPILER=clang \
		-DNOROSHI_SANITIZE=address,undefined $(CMAKE_FLAGS)
	cmake -S . -B $(BUILD)/tsan -G Ninja -DNOROSHI_WERROR=ON -DCMAKE_C_COMPILER=gcc \
		-DNOROSHI_SANITIZE=thread $(CMAKE_FLAGS)
	ninja -C $(BUILD)/test all bench_programs
	ninja -C $(BUILD)/asan
	ninja -C $(BUILD)/tsan
	@tools/run-tests $(BUILD)/test $(BUILD)/asan $(BUILD)/tsan

# kill -9 of hub and storer, 200 times, while sensors hand in.
soak: build
	@tools/install-packages test
	NOROSHI_KILLS=200 NOROSHI=$(BUILD)/noroshi NOROSHI_STORER=$(abspath $(BUILD))/noroshi-storer \
		NOROSHI_BUILD=$(BUILD) PYTHONPATH=tests python3 tests/scenario/62-kill.py

# BENCH_PARTS: analyze (bench/run), sensor (bench/sensor, in network namespaces of its own),
# hub (bench/hub: a hub, its store and 1,000 simulated sensors) and questions
# (bench/questions: answers over 100 million drawn rows, which takes 8 GB and minutes).
# BENCH_DIR: where the 1.5 GB capture lies (BUILD/bench). BENCH_FLAGS, BENCH_SENSOR_FLAGS: see
# bench/run --help, bench/sensor --help; BENCH_HUB_FLAGS: bench/hub --help;
# BENCH_QUESTIONS_FLAGS: bench/questions --help.
bench: build
	@tools/install-packages bench
	ninja -C $(BUILD) bench_programs
	@case " $(BENCH_PARTS) " in *" analyze "*) bench/run --build $(BUILD) $(BENCH_FLAGS);; esac
	@case " $(BENCH_PARTS) " in *" sensor "*) \
		bench/sensor --build $(BUILD) $(BENCH_SENSOR_FLAGS);; esac
	@case " $(BENCH_PARTS) " in *" hub "*) bench/hub --build $(BUILD) $(BENCH_HUB_FLAGS);; esac
	@case " $(BENCH_PARTS) " in *" questions "*) \
		bench/questions --build $(BUILD) $(BENCH_QUESTIONS_FLAGS);; esac

# What forecasts reach on real data, into docs/evaluation; skipped loudly where the data are not.
evaluate: build
	@tools/evaluate $(BUILD)

# FUZZ: name of one target; all of them otherwise, FUZZ_SECONDS each.
fuzz: deps
	@tools/install-packages test
	cmake -S . -B $(BUILD)/fuzz -G Ninja -DCMAKE_C_COMPILER=clang -DNOROSHI_FUZZ=ON \
		-DNOROSHI_SANITIZE=address,undefined
	ninja -C $(BUILD)/fuzz fuzz_programs
	@tools/run-fuzz $(BUILD)/fuzz $(FUZZ_SECONDS) $(FUZZ)

# Two Debian packages in $(BUILD)/deb: noroshi, and noroshi-storer with the embedded engine.
deb: build
	@tools/install-packages deb
	@tools/make-deb $(BUILD) $(BUILD)/deb

lint: build
	@tools/install-packages lint
	@tools/lint $(BUILD)

install: build
	cmake --install $(BUILD) --prefix $(PREFIX)

# Only a folder that CMake made.
clean:
	@[ ! -f $(BUILD)/CMakeCache.txt ] || rm -rf $(BUILD)
