import { InvalidArgumentError, Option } from "commander";
import { HOST_NAME } from "../../domain/http-door.js";

/** `--allowed_host`: a further name by which a server of ours may be called; may be repeated. */
export const allowedHost = (): Option =>
  new Option(
    "--allowed_host <name>",
    "another host name to answer to besides localhost, such as host.docker.internal; repeatable",
  ).argParser((name: string, earlier: readonly string[] = []): readonly string[] => {
    if (!HOST_NAME.test(name))
      throw new InvalidArgumentError("It must be a name or an address without a port.");
    return [...earlier, name];
  });
