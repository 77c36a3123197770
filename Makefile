# The commands of this project; each line names the script or cargo call that does the work. `make help` lists them.
# Variables: PORT (8080), INSTANCES (3), PROFILE (smoke), RUN_DIR (.run); scripts/up.sh names a few more.
.PHONY: help up down status logs mail test load check-api chaos verify-deploy fmt lint bench
export PORT ?= 8080
export INSTANCES ?= 3
# Given on the command line they reach the scripts as well.
export PROFILE ?= smoke
export RUN_DIR LISTEN SERVER_NAMES TLS_CERT TLS_KEY TRUSTED_PROXIES BINARY DURATION ROUNDS SECONDS_EACH LIMITS ONLY BASELINE

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | column -t -s '|'
up: ## build and start everything: MariaDB, Redis, INSTANCES instances, nginx on PORT
	@scripts/up.sh
down: ## stop what `make up` started
	@scripts/down.sh
status: ## what runs, on which port, and how it is
	@scripts/status.sh
logs: ## follow all logs
	@scripts/logs.sh
mail: ## print the mails that were sent, oldest first
	@scripts/satchel.sh mail
test: ## everything that CI checks
	@scripts/test.sh
load: ## k6 through nginx, PROFILE=smoke, average, stress, spike, soak or breakpoint, DURATION=1m
	@scripts/load.sh
check-api: ## call the API with everything its document allows and forbids, EXAMPLES=12 SEED=1
	@scripts/check-api.sh
bench: ## what a request costs, as a multiple of a bare server's; ONLY=list, ROUNDS=5, BASELINE=write
	@scripts/bench.sh
chaos: ## kill and stop parts under load, count what was acknowledged
	@scripts/chaos.sh
verify-deploy: ## build and run the containers, with a Docker daemon of its own
	@scripts/verify-containers.sh
fmt: ## format the Rust sources and the page
	@cargo fmt && npm --prefix web run --silent format
lint: ## clippy, shellcheck, eslint and the formatters, warnings are errors
	@cargo fmt --check && cargo clippy --all-targets --locked -- -D warnings && shellcheck -x scripts/*.sh .githooks/commit-msg && npm --prefix web run --silent format:check && npm --prefix web run --silent lint
