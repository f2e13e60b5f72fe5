"""The GraphQL operations: every list has a size, and the answer is always `found` or `page`.

`found` is the one thing that was asked for, `page` one page of a list. A list of something that
has to be there is the `page` of `found`.
"""

ISSUE = """
    id identifier title description url priority estimate branchName trashed
    createdAt updatedAt startedAt completedAt canceledAt archivedAt dueDate
    team { key } state { name type }
    assignee { id name } creator { id name }
    labels(first: 20) { nodes { id name } }
    project { id name } projectMilestone { id name } cycle { id number } parent { identifier }
"""
COMMENT = "id body createdAt updatedAt url parentId user { id name }"
USER = "id name displayName email url active admin guest app lastSeen"
TEAM = "id key name timezone cyclesEnabled"
STATE = "id name type position color"
LABEL = "id name color isGroup team { key }"
CYCLE = "id number name startsAt endsAt completedAt progress isActive"
PROJECT = """
    id name url description health progress startDate targetDate
    startedAt completedAt canceledAt trashed status { name type } lead { id name }
"""
MILESTONE = "id name description targetDate progress project { id name }"
ATTACHMENT = "id title subtitle url issue { identifier }"
RELATION = "id type issue { identifier } relatedIssue { identifier }"
UPDATE = "id body health url createdAt user { id name }"
DOCUMENT = """
    id title content url createdAt updatedAt trashed archivedAt
    creator { id name } project { id name } issue { identifier } team { key }
"""
WEBHOOK = """
    id url enabled label resourceTypes team { key }
    failures { createdAt httpStatus responseOrError }
"""
MEMBER = f"id owner user {{ {USER} }}"
CHANGE = """
    id createdAt fromTitle toTitle fromEstimate toEstimate updatedDescription actor { id name }
    fromState { name type } toState { name type } fromCycle { number } toCycle { number }
    fromProject { id name } toProject { id name }
    fromProjectMilestone { id name } toProjectMilestone { id name }
    addedLabels { id name } removedLabels { id name }
"""
NEXT = "pageInfo { hasNextPage endCursor }"


def _page(fields: str, size: int = 100) -> tuple[str, str]:
    """Return the arguments and the selection of a page of at most `size` things."""
    return f"first: {size}, after: $after", f"{{ {NEXT} nodes {{ {fields} }} }}"


def _list(root: str, filter_type: str, fields: str, size: int = 100) -> str:
    """Return the query of a list that can be filtered."""
    arguments, selection = _page(fields, size)
    return (
        f"query($filter: {filter_type}, $after: String) {{ "
        f"page: {root}(filter: $filter, {arguments}) {selection} }}"
    )


def _of_issue(field: str, fields: str) -> str:
    """Return the query of what belongs to an issue."""
    arguments, selection = _page(fields)
    return (
        f"query($id: String!, $after: String) {{ found: issue(id: $id) "
        f"{{ page: {field}({arguments}) {selection} }} }}"
    )


VIEWER = f"query {{ found: viewer {{ {USER} }} }}"
ORGANIZATION = "query { found: organization { id name urlKey } }"
ONE_ISSUE = f"query($id: String!) {{ found: issue(id: $id) {{ {ISSUE} }} }}"
BRANCH_ISSUE = (
    f"query($branch: String!) {{ found: issueVcsBranchSearch(branchName: $branch) {{ {ISSUE} }} }}"
)
ONE_COMMENT = f"query($id: String!) {{ found: comment(id: $id) {{ {COMMENT} }} }}"
ONE_LABEL = f"query($id: String!) {{ found: issueLabel(id: $id) {{ {LABEL} }} }}"
ONE_ATTACHMENT = f"query($id: String!) {{ found: attachment(id: $id) {{ {ATTACHMENT} }} }}"
ONE_RELATION = f"query($id: String!) {{ found: issueRelation(id: $id) {{ {RELATION} }} }}"
ONE_UPDATE = f"query($id: String!) {{ found: projectUpdate(id: $id) {{ {UPDATE} archivedAt }} }}"

ISSUES = _list("issues", "IssueFilter", ISSUE)
TEAMS = _list("teams", "TeamFilter", TEAM)
USERS = _list("users", "UserFilter", USER)
STATES = _list("workflowStates", "WorkflowStateFilter", STATE)
LABELS = _list("issueLabels", "IssueLabelFilter", LABEL)
CYCLES = _list("cycles", "CycleFilter", CYCLE)
PROJECTS = _list("projects", "ProjectFilter", PROJECT)
MILESTONES = _list("projectMilestones", "ProjectMilestoneFilter", MILESTONE)
COMMENTS = _of_issue("comments", COMMENT)
ATTACHMENTS = _of_issue("attachments", ATTACHMENT)
RELATIONS = _of_issue("relations", RELATION)
INVERSE_RELATIONS = _of_issue("inverseRelations", RELATION)
LINKED = (
    "query($url: String!, $after: String) { page: attachmentsForURL(url: $url, "
    f"{_page('')[0]}) {{ {NEXT} nodes {{ issue {{ {ISSUE} }} }} }} }}"
)
ATTACHED = (
    "query($filter: AttachmentFilter, $after: String) { page: attachments(filter: $filter, "
    f"{_page('')[0]}) {{ {NEXT} nodes {{ url issue {{ {ISSUE} }} }} }} }}"
)
# What is said on an issue, and its links; fifty of them stay below what one query may weigh.
THREAD = f"""{ISSUE} syncedWith {{ id service }}
    comments(first: 25) {{ {NEXT} nodes {{ {COMMENT} }} }}
    attachments(first: 10) {{ {NEXT} nodes {{ id title url }} }}
"""
THREADS = _list("issues", "IssueFilter", THREAD, 50)
ONE_THREAD = f"query($id: String!) {{ found: issue(id: $id) {{ {THREAD} }} }}"
SAID = _list("comments", "CommentFilter", "id issueId")
HISTORY = _of_issue("history", CHANGE)
# Both sizes together stay below what one query may weigh; longer pasts are asked for one by one.
HISTORIES = (
    "query($filter: IssueFilter, $after: String) { page: issues(filter: $filter, "
    f"{_page('', 40)[0]}) {{ {NEXT} nodes {{ identifier history(first: 15) "
    f"{{ {NEXT} nodes {{ {CHANGE} }} }} }} }} }}"
)
DOCUMENTS = _list("documents", "DocumentFilter", DOCUMENT)
ONE_DOCUMENT = f"query($id: String!) {{ found: document(id: $id) {{ {DOCUMENT} }} }}"
ONE_PROJECT = f"query($id: String!) {{ found: project(id: $id) {{ {PROJECT} }} }}"
ONE_MILESTONE = f"query($id: String!) {{ found: projectMilestone(id: $id) {{ {MILESTONE} }} }}"
ONE_WEBHOOK = f"query($id: String!) {{ found: webhook(id: $id) {{ {WEBHOOK} }} }}"
ONE_MEMBER = f"query($id: String!) {{ found: teamMembership(id: $id) {{ {MEMBER} }} }}"
WEBHOOKS = f"query($after: String) {{ page: webhooks({_page('')[0]}) {_page(WEBHOOK)[1]} }}"
MEMBERS = (
    "query($id: String!, $after: String) { found: team(id: $id) "
    f"{{ page: memberships({_page('')[0]}) {_page(MEMBER)[1]} }} }}"
)
PROJECT_UPDATES = (
    "query($id: String!, $after: String) { found: project(id: $id) "
    f"{{ page: projectUpdates({_page('')[0]}) {_page(UPDATE)[1]} }} }}"
)


def _create(field: str, input_type: str) -> str:
    return f"mutation($input: {input_type}!) {{ found: {field}(input: $input) {{ success }} }}"


def _update(field: str, input_type: str) -> str:
    return (
        f"mutation($id: String!, $input: {input_type}!) "
        f"{{ found: {field}(id: $id, input: $input) {{ success }} }}"
    )


def _by_id(field: str) -> str:
    return f"mutation($id: String!) {{ found: {field}(id: $id) {{ success }} }}"


CREATE_ISSUE = _create("issueCreate", "IssueCreateInput")
UPDATE_ISSUE = _update("issueUpdate", "IssueUpdateInput")
DELETE_ISSUE = _by_id("issueDelete")
RESTORE_ISSUE = _by_id("issueUnarchive")
CREATE_COMMENT = _create("commentCreate", "CommentCreateInput")
UPDATE_COMMENT = _update("commentUpdate", "CommentUpdateInput")
DELETE_COMMENT = _by_id("commentDelete")
CREATE_LABEL = _create("issueLabelCreate", "IssueLabelCreateInput")
DELETE_LABEL = _by_id("issueLabelDelete")
CREATE_ATTACHMENT = _create("attachmentCreate", "AttachmentCreateInput")
DELETE_ATTACHMENT = _by_id("attachmentDelete")
CREATE_RELATION = _create("issueRelationCreate", "IssueRelationCreateInput")
DELETE_RELATION = _by_id("issueRelationDelete")
CREATE_UPDATE = _create("projectUpdateCreate", "ProjectUpdateCreateInput")
UPDATE_UPDATE = _update("projectUpdateUpdate", "ProjectUpdateUpdateInput")
RESTORE_UPDATE = _by_id("projectUpdateUnarchive")
ARCHIVE_UPDATE = _by_id("projectUpdateArchive")
CREATE_PROJECT = _create("projectCreate", "ProjectCreateInput")
UPDATE_PROJECT = _update("projectUpdate", "ProjectUpdateInput")
DELETE_PROJECT = _by_id("projectDelete")
RESTORE_PROJECT = _by_id("projectUnarchive")
CREATE_MILESTONE = _create("projectMilestoneCreate", "ProjectMilestoneCreateInput")
UPDATE_MILESTONE = _update("projectMilestoneUpdate", "ProjectMilestoneUpdateInput")
DELETE_MILESTONE = _by_id("projectMilestoneDelete")
CREATE_DOCUMENT = _create("documentCreate", "DocumentCreateInput")
UPDATE_DOCUMENT = _update("documentUpdate", "DocumentUpdateInput")
DELETE_DOCUMENT = _by_id("documentDelete")
RESTORE_DOCUMENT = _by_id("documentUnarchive")
CREATE_WEBHOOK = _create("webhookCreate", "WebhookCreateInput")
UPDATE_WEBHOOK = _update("webhookUpdate", "WebhookUpdateInput")
DELETE_WEBHOOK = _by_id("webhookDelete")
CREATE_MEMBER = _create("teamMembershipCreate", "TeamMembershipCreateInput")
DELETE_MEMBER = _by_id("teamMembershipDelete")

ALL = tuple(
    text
    for name, text in list(globals().items())
    if name.isupper() and isinstance(text, str) and text.startswith(("query", "mutation"))
)
