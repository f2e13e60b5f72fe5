"""The pages say what is in the database."""
import httpx
from tests.bot.web.conftest import Story

async def test_smoke(browser: httpx.AsyncClient, story: Story) -> None:
    """X."""
    run = await story.run("r1", state="done")
    await story.step(run, "Find the last release")
    for url in ("/", "/runs", "/runs/r1", "/flows", "/flows/release-management", "/nope", "/metrics", "/readyz", "/api/v1/runs", "/api/v1/runs/r1", "/api/v1/openapi.json", "/api/v1/flows"):
        answer = await browser.get(url)
        print(url, answer.status_code, answer.text[:3000] if answer.status_code==500 else len(answer.text))
