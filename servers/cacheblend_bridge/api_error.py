"""What a client is told when its request can't be served."""

_TYPES = {400: "BadRequestError", 404: "NotFoundError", 405: "MethodNotAllowedError", 413: "RequestTooLargeError"}


class ApiError(Exception):
    """An answer other than 200, in OpenAI's and vLLM's shape."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def body(self) -> dict:
        kind = _TYPES.get(self.status, "InternalServerError")
        return {"error": {"message": str(self), "type": kind, "param": None, "code": self.status}}
