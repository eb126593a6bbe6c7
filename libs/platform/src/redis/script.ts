import type { RedisClient } from './redis-connections.js';

export type ScriptArgument = string | number | Buffer;

interface ScriptedClient {
  [command: string]: (keyCount: number, keys: readonly string[], values: readonly ScriptArgument[]) => Promise<unknown>;
}

/**
 * A Lua script under a name. All keys of one run must share a hash tag. Replies come as ioredis gives them:
 * integers as numbers, strings as text, nil as null.
 */
export class Script {
  private readonly known = new WeakSet<RedisClient>();

  constructor(
    readonly name: string,
    private readonly lua: string,
  ) {}

  run(client: RedisClient, keys: readonly string[], values: readonly ScriptArgument[]): Promise<unknown> {
    return this.call(client, this.name, keys, values);
  }

  /** As `run`, with every string of the reply as a Buffer. */
  runBuffer(client: RedisClient, keys: readonly string[], values: readonly ScriptArgument[]): Promise<unknown> {
    return this.call(client, `${this.name}Buffer`, keys, values);
  }

  private call(
    client: RedisClient,
    command: string,
    keys: readonly string[],
    values: readonly ScriptArgument[],
  ): Promise<unknown> {
    if (!this.known.has(client)) {
      client.defineCommand(this.name, { lua: this.lua });
      this.known.add(client);
    }
    // ioredis adds the command to the client at run time; its type cannot know.
    const scripted = client as unknown as ScriptedClient;
    const method = scripted[command];
    if (!method) throw new Error(`script ${command} is not defined`);
    // As lists, which ioredis joins: a call with a hundred thousand arguments overflows the stack.
    return method.call(client, keys.length, keys, values);
  }
}

export function defineScript(name: string, lua: string): Script {
  return new Script(name, lua);
}
