/** An answer other than 200, in OpenAI's and vLLM's shape. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }

  /** The JSON body. */
  get body(): object {
    const type = TYPES.get(this.status) ?? "InternalServerError";
    return { error: { message: this.message, type, param: null, code: this.status } };
  }
}

const TYPES: ReadonlyMap<number, string> = new Map([
  [400, "BadRequestError"],
  [403, "ForbiddenError"],
  [404, "NotFoundError"],
  [405, "MethodNotAllowedError"],
  [413, "RequestTooLargeError"],
]);
