/**
 * A server's title with its version where the version belongs.
 *
 * @example softwareName("vLLM with an LMCache server", "0.32.0") // "vLLM 0.32.0 with an LMCache server"
 */
export function softwareName(title: string, version: string | null): string {
  if (version === null) return title;
  const [name, ...beside] = title.split(" with ");
  return [`${name} ${version}`, ...beside].join(" with ");
}
