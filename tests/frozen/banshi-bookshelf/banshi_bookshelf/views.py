from litestar import Controller, get
from litestar.params import FromPath


class Shelf(Controller):
    path = "/"

    @get("/", opt={"permission": "public"})
    async def front(self, district: FromPath[str]) -> str:
        return f"the shelf of {district}"

    @get("/lent", opt={"permission": "bookshelf.lend"})
    async def lent(self) -> str:
        return "what is lent"
