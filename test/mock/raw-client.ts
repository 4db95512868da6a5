import { connect } from "node:net";

/** What a socket saw: bytes as they came, and how the connection ended. */
export interface Seen {
  readonly text: string;
  /** `kept`: still open when it was given up. */
  readonly end: "closed" | "reset" | "kept";
}

/** Writes these pieces to a new connection, each in a write of its own, and reads until `enough` or the end. */
export function exchange(
  url: string,
  pieces: readonly (string | Buffer)[],
  enough: (text: string) => boolean = () => false,
): Promise<Seen> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true);
    let text = "";
    const finish = (end: Seen["end"]) => {
      socket.destroy();
      resolve({ text, end });
    };
    socket.on("data", (bytes: Buffer) => {
      text += bytes.toString("utf8");
      if (enough(text)) finish("kept");
    });
    socket.on("error", (error: NodeJS.ErrnoException) =>
      finish(error.code === "ECONNRESET" ? "reset" : "closed"),
    );
    socket.on("end", () => finish("closed"));
    void (async () => {
      for (const piece of pieces) {
        await new Promise((written) => socket.write(piece, written));
        await new Promise((turn) => setImmediate(turn));
      }
    })();
  });
}

/** The bytes of a request with a JSON body. */
export function post(path: string, body: unknown, headers = ""): string {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return `POST ${path} HTTP/1.1\r\nhost: localhost\r\n${headers}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}
