# Run "make" for the list of targets.

GO       ?= go
ifndef VERSION
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
endif
BIN      := bin/assay
# auto: tests run with the race detector where a C compiler is or can be
# installed. on: they must. off: they don't.
RACE     ?= auto
# Time for each fuzz target, and seconds for all of them (empty: no limit).
FUZZTIME   ?= 10s
FUZZBUDGET ?=
# Benchmarks: which, how often, and the file that keeps the result.
BENCH      ?= .
BENCHCOUNT ?= 6
BENCHFILE  ?= bin/bench-$(VERSION).txt
DEMOFLAGS  ?=

# What tests work with beside Go: a database server, a tracer of system calls, a
# client of the API, a browser with the letters of the world.
TESTNEEDS := '/usr/lib/postgresql/*/bin/postgres:postgresql' strace:strace curl:curl openssl:openssl \
	/usr/bin/chromium:chromium /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf:fonts-dejavu-core '/usr/share/fonts/opentype/noto/NotoSansCJK*:fonts-noto-cjk'
# Kills of make crash.
ROUNDS ?= 200

TOOL := $(GO) tool -modfile=tools/go.mod

.DEFAULT_GOAL := help
.PHONY: help pages build demo test test-data lint gofmt vet staticcheck typecheck floors fuzz crash bench picture cover clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# The pages' script and style sheet: npm brings what they are made of, the program
# carries what comes out. Built again when a source is newer.
PAGES := web/dist/manifest.json
$(PAGES): web/build.mjs web/package-lock.json $(wildcard web/src/*)
	@scripts/needs node:nodejs npm:npm
	cd web && npm ci --no-progress --loglevel=error && npm run --silent build

pages: $(PAGES) ## build the pages' script and style sheet into web/dist

build: $(PAGES) ## build bin/assay, one static file
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN) ./cmd/assay

demo: build ## build, then feed an invented world to a server and show its pages (DEMOFLAGS='--listings 2000')
	$(BIN) demo $(DEMOFLAGS)

# Installs what tests need where that needs no question: PostgreSQL (which they run
# as an unprivileged user), strace, curl, and a C compiler for the race detector.
test: $(PAGES) ## run all tests, with the race detector where a C compiler is there (RACE=auto|on|off)
	@scripts/needs $(TESTNEEDS)
	@race=; \
	case '$(RACE)' in \
	off) ;; \
	on) scripts/needs gcc:gcc /usr/include/stdio.h:libc6-dev || exit 1; race=-race ;; \
	auto) if scripts/needs gcc:gcc /usr/include/stdio.h:libc6-dev; then race=-race; \
	      else echo 'make test: no C compiler, so the tests run WITHOUT the race detector' >&2; fi ;; \
	*) echo "make test: RACE is auto, on or off, not '$(RACE)'" >&2; exit 2 ;; \
	esac; \
	cgo=0; if [ -n "$$race" ]; then cgo=1; fi; \
	set -x; CGO_ENABLED=$$cgo $(GO) test $$race -shuffle=on -timeout=20m ./...

# ASSAY_TESTDATA names a folder with the test data described in
# docs/test-data.md. It comes from the environment only.
test-data: ## as test, but fails unless ASSAY_TESTDATA names the test data
	@if [ ! -d "$$ASSAY_TESTDATA" ]; then \
	  echo "make test-data: set ASSAY_TESTDATA to a folder as described in docs/test-data.md" >&2; exit 2; fi
	@$(MAKE) --no-print-directory test

lint: gofmt vet staticcheck typecheck floors ## check the format, go vet, staticcheck, the types of the islands and the import rule

gofmt:
	@files=$$(gofmt -l .) || exit 1; \
	if [ -n "$$files" ]; then echo "gofmt would change:"; echo "$$files"; exit 1; fi >&2

vet:
	$(GO) vet ./...

staticcheck:
	$(TOOL) staticcheck ./...

typecheck: $(PAGES)
	cd web && npm run --silent check

floors:
	$(GO) test -run '^TestFloors' .

fuzz: ## fuzz every target for FUZZTIME (10s), all within FUZZBUDGET seconds if set
	scripts/fuzz $(FUZZTIME) $(FUZZBUDGET)

crash: ## kill a server under load ROUNDS times (200) and see that nothing is lost or doubled
	@scripts/needs $(TESTNEEDS)
	ASSAY_CRASH_ROUNDS=$(ROUNDS) $(GO) test -count=1 -timeout=120m -run 'Crash|Kill' -v ./app ./stream

bench: ## run the benchmarks into BENCHFILE (BENCH=regexp BENCHCOUNT=6)
	@mkdir -p $(dir $(BENCHFILE))
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count $(BENCHCOUNT) ./... >$(BENCHFILE)
	@echo 'written: $(BENCHFILE). Compare two of them with'
	@echo '  $(TOOL) benchstat OLD.txt NEW.txt'

picture: build ## take the README's picture, of a finding of the demonstration
	scripts/picture

cover: ## measure which statements the tests reach: bin/cover.html
	@mkdir -p bin
	$(GO) test -coverprofile=bin/cover.out -coverpkg=./... ./...
	$(GO) tool cover -html=bin/cover.out -o bin/cover.html
	@$(GO) tool cover -func=bin/cover.out | tail -n 1

clean: ## remove what was built
	rm -rf bin dist web/node_modules
	find web/dist -type f ! -name placeholder.txt -delete
