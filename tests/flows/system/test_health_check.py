"""Health: what is measured, what it means, and what changed since the last time."""

from tests.flows.scenario import Scenario

scenario = Scenario("health")
