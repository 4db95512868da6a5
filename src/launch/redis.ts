/** `host:port` in its two parts; an IPv6 address stands in brackets. */
export function hostAndPort(redis: string): { readonly host: string; readonly port: number } {
  const colon = redis.lastIndexOf(":");
  return { host: redis.slice(0, colon), port: Number(redis.slice(colon + 1)) };
}

/** Whether a text is `host:port`. */
export const isHostAndPort = (text: string): boolean => {
  const match = /^(\[[0-9a-fA-F:.]+\]|[\w.-]+):(\d{1,5})$/.exec(text);
  return match !== null && Number(match[2]) > 0 && Number(match[2]) < 65_536;
};
