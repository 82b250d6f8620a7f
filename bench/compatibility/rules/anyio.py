# pypi: anyio>=4
# kind: flow
# gives: [1, 2]
import anyio


async def rule(client, scope, audience, context):
    done = []

    async def work(number):
        await anyio.sleep(number / 100)
        done.append(number)

    with anyio.fail_after(1):
        async with anyio.create_task_group() as group:
            group.start_soon(work, 2)
            group.start_soon(work, 1)
    return {"used": done}
