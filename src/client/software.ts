import { softwareName } from "../servers/profile/software-name.js";
import type { Server } from "./server.js";

/** What runs at a server and which version, such as `vLLM 0.33.0`; null where its answers don't show it. */
export async function softwareOf(server: Pick<Server, "recognise">): Promise<string | null> {
  const { profile, version } = await server.recognise();
  return profile.name === "unknown" ? null : softwareName(profile.title, version);
}
