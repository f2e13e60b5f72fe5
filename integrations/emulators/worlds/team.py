"""The team of acme in Linear: twelve weeks of cycles, and the issues behind GitHub's changes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from integrations.emulators.github.records import Pull
from integrations.emulators.github.world import PEOPLE, GitHubWorld
from integrations.emulators.linear.issues import Attachment, Issue, IssueRelation
from integrations.emulators.linear.plans import Cycle, Project, ProjectUpdate
from integrations.emulators.linear.world import LinearWorld
from integrations.emulators.worlds import agenda
from integrations.emulators.worlds.tickets import OLDER, TEAM, Ticket, tickets, waiting

SEED = 7
CYCLES, FORTNIGHT = 6, timedelta(weeks=2)
ADMINS = ("ada", "bo")
ABSENT, ABSENT_DAYS = "eli", 120
POINTS = (1.0, 2.0, 3.0, 5.0)


def build_acme_linear(world: LinearWorld, github: GitHubWorld, *, seed: int = SEED) -> None:
    """Fill an empty workspace with the team that works on the acme of `github`.

    The same seed, clock and GitHub give the same issues; people are the same by their e-mail.
    """
    workspace = Workspace(world, github, Random(seed))  # noqa: S311 - a story, not a secret
    workspace.found()
    workspace.plan()
    for title in OLDER:
        workspace.old(title)
    for ticket in tickets().values():
        workspace.changed(ticket)
    for ticket in waiting().values():
        workspace.waits(ticket)
    for errand in agenda.ERRANDS:
        workspace.errand(errand)
    workspace.relate()
    world.save()


def lead_to(world: LinearWorld, github: GitHubWorld) -> None:
    """Let links lead to where GitHub answers now; an emulated one moves with every start."""
    for issue in world.issues:
        for link in issue.attachments:
            if link.source_type == "github":
                link.url = _page(github, f"{link.metadata['repo']}", f"{link.metadata['number']}")


@dataclass
class Workspace:
    """Tells what happened in the team; each event at its own moment."""

    world: LinearWorld
    github: GitHubWorld
    chance: Random
    projects: dict[str, Project] = field(default_factory=dict)
    cycles: list[Cycle] = field(default_factory=list)
    told: int = 0

    def __post_init__(self) -> None:
        self.now = self.world.clock
        self.begin = self.now - CYCLES * FORTNIGHT

    def found(self) -> None:
        """Found the team with its people, labels and cycles."""
        world = self.world
        with world.at(self.begin - timedelta(days=30)):
            for login in PEOPLE:
                account = self.github.account(login)
                user = world.user(login, name=account.name, admin=login in ADMINS)
                user.email, user.admin = account.email, login in ADMINS
                away = ABSENT_DAYS if login == ABSENT else self.chance.randint(0, 5)
                user.last_seen = self.now - timedelta(days=away, hours=1)
            world.viewer.admin = True
            world.team(TEAM, "Engineering").memberships[0].owner = True
            for name in ("bug", "requirement", "approved", "blocker", "docs"):
                world.label(name, team=TEAM)
        start = (self.now - timedelta(days=6)).replace(hour=0, minute=0, second=0, microsecond=0)
        for number in range(-CYCLES, 2):
            begins = start + number * FORTNIGHT
            with world.at(min(begins, self.now) - timedelta(days=1)):
                cycle = world.cycle(TEAM, begins)
            cycle.completed_at = cycle.ends_at if cycle.ends_at <= self.now else None
            self.cycles.append(cycle)

    def plan(self) -> None:
        """Plan the projects, tell how they do, and write down what they are for."""
        world = self.world
        for each in agenda.PROJECTS:
            begun = self.begin - timedelta(days=7)
            if each.kind == "planned":
                begun = self.now - timedelta(days=14)
            due = (self.now + timedelta(days=each.days)).date()
            with world.at(begun):
                project = world.project(each.name, TEAM, kind=each.kind, lead=each.lead, due=due)
                project.start_date = begun.date()
                for name, days in each.milestones:
                    world.milestone(project, name, due=(self.now + timedelta(days=days)).date())
                text = f"# {each.name}\n\nWhy we do it, for whom, and what is left out.\n"
                world.document(f"{each.name}: why", text, project=project, by=each.lead)
            if each.kind == "completed":
                project.completed_at = self.now + timedelta(days=each.days)
            if each.told:
                self._tell(project, each)
            self.projects[each.name] = project

    def old(self, title: str) -> None:
        """Write a requirement that nobody has begun."""
        number = self.world.team(TEAM).last_number
        with self.world.at(self.begin - timedelta(days=20 - number)):
            labels = ("requirement",) if number % 2 else ("requirement", "approved")
            self._write(title, "Backlog", PEOPLE[number % len(PEOPLE)], labels=labels, priority=4)

    def changed(self, ticket: Ticket) -> None:
        """Tell an issue from its first words to the merge of its pull request."""
        pull = self._pull(ticket)
        merged = pull.merged_at or self.now
        issue = self._begun(ticket, pull)
        self._roll(issue, merged)
        with self.world.at(merged):
            self.world.move(issue.identifier, "Done", by=pull.author)
            self._link(issue, pull, ticket)

    def waits(self, ticket: Ticket) -> None:
        """Tell an issue whose pull request is open."""
        pull = self._pull(ticket)
        issue = self._begun(ticket, pull)
        self._link(issue, pull, ticket)
        if pull.draft:
            with self.world.at(pull.created_at):
                self.world.move(issue.identifier, "In Progress", by=pull.author)

    def errand(self, errand: agenda.Errand) -> None:
        """Tell an issue that GitHub knows nothing of."""
        written = self.now - timedelta(days=errand.days, hours=2)
        reporter = PEOPLE[errand.days % len(PEOPLE)]
        first = "Triage" if "bug" in errand.labels else "Backlog"
        with self.world.at(written):
            issue = self._write(
                errand.title,
                first,
                reporter,
                labels=errand.labels,
                priority=errand.priority,
                estimate=None if errand.estimate is None else float(errand.estimate),
            )
            if errand.project:
                self._into(issue, self.projects[errand.project], self.now)
        path = {
            "Todo": ("Todo",),
            "In Progress": ("Todo", "In Progress"),
            "In Review": ("Todo", "In Progress", "In Review"),
            "Done": ("Todo", "In Progress", "Done"),
            "Canceled": ("Canceled",),
        }.get(errand.state, ())
        for step, state in enumerate(path, start=1):
            at = written + (self.now - written) * step / (len(path) + 2)
            with self.world.at(at):
                if step == 1 and errand.who:
                    who, cycle = self.world.user(errand.who), self._cycle(self.now)
                    self.world.change(issue.identifier, by=reporter, assignee=who, cycle=cycle)
                self.world.move(issue.identifier, state, by=errand.who or reporter)
        if errand.state == "Done":
            self.world.change(issue.identifier, cycle=self._cycle(issue.completed_at or self.now))

    def relate(self) -> None:
        """Say what blocks, repeats or concerns what."""
        by_title = {issue.title: issue for issue in self.world.issues}
        for title, kind, other in agenda.RELATIONS:
            one, two = by_title[title], by_title[other]
            made = self.world.make(IssueRelation, type=kind, issue=one, related_issue=two)
            one.relations.append(made)
            two.inverse_relations.append(made)

    def _begun(self, ticket: Ticket, pull: Pull) -> Issue:
        """Tell an issue up to the moment at which its pull request is opened."""
        world, chance = self.world, self.chance
        self.told += 1
        work = pull.created_at - timedelta(hours=chance.randint(4, 30))
        planned = work - timedelta(hours=chance.randint(5, 60))
        written = planned - timedelta(hours=chance.randint(6, 120))
        is_bug = ticket.change.kind == "fix"
        labels = ("bug",) if is_bug else ("requirement",) if ticket.is_requirement else ()
        reporter = chance.choice(PEOPLE)
        who = world.user(pull.author)
        project = self.projects.get(agenda.PARTS.get(ticket.change.scope, ""))
        with world.at(written):
            issue = self._write(
                ticket.title,
                "Triage" if is_bug else "Backlog",
                reporter,
                labels=labels,
                priority=chance.randint(1, 4),
                estimate=chance.choice(POINTS),
            )
            if project and self.told % 5:
                self._into(issue, project, pull.merged_at or self.now)
        name = issue.identifier
        with world.at(planned):
            world.change(name, by="ada", assignee=who, cycle=self._cycle(work))
            world.move(name, "Todo", by="ada")
            if ticket.is_requirement:
                approved = world.label("approved", team=TEAM)
                world.change(name, by="ada", labels=[*issue.labels, approved])
            if project and not self.told % 5:  # what comes late makes the project larger
                self._into(issue, project, pull.merged_at or self.now)
        with world.at(work):
            world.move(name, "In Progress", by=who.display_name)
            if not self.told % 6:
                world.change(name, by=who.display_name, estimate=(issue.estimate or 1) + 2)
                text = f"{issue.description}\n\nAlso in the export."
                world.change(name, by=reporter, description=text)
            if not self.told % 4:
                world.comment(name, "Does this need a page in the guide?", by=reporter)
        with world.at(pull.created_at):
            world.move(name, "In Review", by=who.display_name)
        return issue

    def _write(
        self,
        title: str,
        state: str,
        reporter: str,
        *,
        labels: tuple[str, ...] = (),
        priority: int = 0,
        estimate: float | None = None,
    ) -> Issue:
        text = f"{title}.\n\n- [ ] It works for customers abroad\n- [ ] The guide says how"
        return self.world.issue(
            TEAM,
            title,
            state=state,
            labels=labels,
            by=reporter,
            description=text,
            priority=priority,
            estimate=estimate,
        )

    def _into(self, issue: Issue, project: Project, done: datetime) -> None:
        """Let an issue belong to a project, and to the milestone that it is done before."""
        due = [each for each in project.project_milestones if each.target_date]
        fits = [each for each in due if each.target_date and each.target_date >= done.date()]
        milestone = fits[0] if fits else due[-1]
        self.world.change(issue.identifier, by="ada", project=project, project_milestone=milestone)

    def _roll(self, issue: Issue, until: datetime) -> None:
        """Move what a cycle did not finish to the next one, up to the one of this moment."""
        for before, after in zip(self.cycles, self.cycles[1:], strict=False):
            if issue.cycle is before and before.ends_at <= until:
                before.uncompleted_issues_upon_close.append(issue)
                with self.world.at(before.ends_at):
                    self.world.change(issue.identifier, by="flowbot", cycle=after)
        issue.history.sort(key=lambda row: row.created_at)  # it was told after what came later

    def _cycle(self, at: datetime) -> Cycle:
        within = (each for each in self.cycles if each.starts_at <= at < each.ends_at)
        return next(within, self.cycles[0])

    def _pull(self, ticket: Ticket) -> Pull:
        """Return the pull request that was made for an issue."""
        every = self.github[ticket.repo].pulls.values()
        subject = f": {ticket.change.subject}"
        return next(pull for pull in every if subject in pull.title)

    def _link(self, issue: Issue, pull: Pull, ticket: Ticket) -> None:
        """Link a pull request, unless only its text names the issue."""
        if ticket.trace == "body":
            return
        link = self.world.make(
            Attachment,
            issue=issue,
            title=pull.title,
            subtitle=f"{ticket.repo}#{pull.number}",
            url=_page(self.github, ticket.repo, f"{pull.number}"),
            source_type="github",
            metadata={"repo": ticket.repo, "number": pull.number},
            creator=issue.assignee,
        )
        issue.attachments.append(link)

    def _tell(self, project: Project, each: agenda.Undertaking) -> None:
        """Tell how a project did five weeks ago, and how it does now."""
        for days, health, text in ((35, "onTrack", "We have begun."), (3, each.health, each.told)):
            with self.world.at(self.now - timedelta(days=days)):
                update = self.world.make(
                    ProjectUpdate,
                    project=project,
                    body=text,
                    health=health,
                    user=self.world.user(each.lead),
                )
                project.project_updates.append(update)


def _page(github: GitHubWorld, repo: str, number: str) -> str:
    return f"{github.address}/{repo}/pull/{number}"
