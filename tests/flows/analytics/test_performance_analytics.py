"""DORA metrics: their sources, their windows, and what too little data becomes."""

from tests.flows.scenario import Scenario

scenario = Scenario("dora acme/api")
