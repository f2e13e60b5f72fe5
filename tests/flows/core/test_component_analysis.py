"""Components: what is found in a tree, and what is left out of it."""

from tests.flows.scenario import Scenario

scenario = Scenario("components acme/api")
