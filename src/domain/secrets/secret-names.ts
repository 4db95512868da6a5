/** Last words of the names of keys, in headers, fields, parameters of a query, variables and flags. */
const SECRET =
  /^(api)?keys?$|^tokens?$|^secrets?$|^pass(word|wd|phrase)s?$|^pwd$|^credentials?$|^cookies?2?$|^(sig|signature)$|^(auth|authorization|bearer|pat|sas)$/;
/** What has one of these anywhere in its name is one too. */
const SECRET_ANYWHERE = /^(secret|password|passwd|credentials?|authorization|cookie|apikey)$/;
/** Words before `key` and `token` that make it something else: marks of a vocabulary, counts, places in a table. */
const NO_SECRET_BEFORE =
  /^(first|last|per|eos|bos|pad|unk|sep|cls|mask|stop|special|begin|end|start|max|min|new|next|image|think|total|prompt|output|completion|cached?|sort|primary|foreign|group|public|partition|trace)$/;

/**
 * Whether a name says that what it names is a secret.
 *
 * @example isSecretName("X-Api-Key") // true
 * @example isSecretName("max_tokens") // false
 */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== "");
  const last = words.at(-1) ?? "";
  if (words.some((word) => SECRET_ANYWHERE.test(word))) return true;
  if (!SECRET.test(last)) return false;
  // Tokens in the plural are counted, unless they stand for access.
  if (last === "tokens") return words.some((word) => /^(auth|access|api|bearer)$/.test(word));
  return !NO_SECRET_BEFORE.test(words.at(-2) ?? "");
}
