# SPDX-License-Identifier: Apache-2.0
# The short front door; CMake and Ninja do the work in $(BUILD).
BUILD ?= build
PREFIX ?= /usr/local

.PHONY: all build deps demo test bench fuzz lint install clean
all: build

deps:
	@tools/install-packages build

$(BUILD)/build.ninja: CMakeLists.txt
	cmake -S . -B $(BUILD) -G Ninja -DCMAKE_INSTALL_PREFIX=$(PREFIX) $(CMAKE_FLAGS)

build: deps $(BUILD)/build.ninja
	ninja -C $(BUILD)
