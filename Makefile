# Two commands are enough: `make demo` shows the service at work, `make test` proves it.
# make demo POLICY=mtvh     the demo under another landlord's policy
# make demo PYTHON=...      with a certain Python (3.11 or later)

SHELL := /bin/bash
export PYTHON
PYTEST_ARGS ?= -n 2 -q

# The development environment holds everything that the demo needs.
RUN := $(if $(wildcard .venv/.installed-dev),.venv/.installed-dev,.venv/.installed-run)

.PHONY: demo test soak crowd lint bench lock clean
.DEFAULT_GOAL := demo

demo: $(RUN)
	.venv/bin/mailbot demo $(if $(POLICY),--policy $(POLICY))

test: .venv/.installed-dev
	bash .ci/install-servers
	.venv/bin/python -m pytest $(PYTEST_ARGS)

# Kills the process at random for an hour or so: make soak MAILS=6000 KILLS=1000 SEED=7
soak: .venv/.installed-dev
	bash .ci/install-servers
	MAILBOT_SOAK_KILLS=$(or $(KILLS),300) MAILBOT_SOAK_MAILS=$(or $(MAILS),3000) MAILBOT_SOAK_SEED=$(or $(SEED),1) \
	.venv/bin/python -m pytest -q -s -p no:randomly tests/journeys/test_journey_soak.py

# Several processes on one PostgreSQL, killed at random: make crowd WORKERS=8 MAILS=50000 KILLS=200 SEED=7
crowd: .venv/.installed-dev
	bash .ci/install-servers
	MAILBOT_CROWD_WORKERS=$(or $(WORKERS),4) MAILBOT_CROWD_KILLS=$(or $(KILLS),60) \
	MAILBOT_CROWD_MAILS=$(or $(MAILS),20000) MAILBOT_CROWD_SEED=$(or $(SEED),1) \
	.venv/bin/python -m pytest -q -s -p no:randomly tests/journeys/test_journey_crowd.py

lint: .venv/.installed-dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

# Everything that is measured, some hours in full; small in minutes: make bench MAILS=200 CASES=0,1000
bench: .venv/.installed-dev
	@set -e; for file in bench/bench_*.py; do echo "== $$file"; \
	case "$$file" in \
	*peers.py) flags="$(if $(MAILS),--mails $(MAILS)) $(if $(CASES),--cases $(CASES))" ;; \
	*ticks.py) flags="$(if $(MAILS),--mails $(MAILS)) $(if $(CASES),--cases $(CASES))" ;; \
	*start.py) flags="$(if $(MAILS),--mails $(MAILS))" ;; \
	*intake.py | *replay.py) flags="$(MAILS)" ;; \
	*) flags= ;; esac; \
	.venv/bin/python "$$file" $$flags; done

lock: .venv/.installed-dev
	.ci/lock $(LOCK_ARGS)

clean:
	rm -rf .venv dist build demo-out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/.installed-run: requirements-run.lock pyproject.toml .ci/make-venv
	bash .ci/make-venv requirements-run.lock
	@touch $@

.venv/.installed-dev: requirements.lock pyproject.toml .ci/make-venv
	bash .ci/make-venv requirements.lock
	@touch $@
