"""What a bot of these tests knows of people."""

from bot.people.household import Contacts, Household, household
from tests.bot.lab import RULES, Lab


def household_of(lab: Lab) -> Household:
    """Return all that is about people, with nobody outside who tells of them."""
    contacts = Contacts(lab.tools.github_reader)
    return household(lab.database, RULES, lab.clock, lab.passes, contacts, lab.find)
