// Adds one command to the tree: its code is loaded when it runs.

import type { Command } from 'commander';
import type { Context } from '../context.ts';

export type ShowResult = (result: object) => void;

type Arguments = (string | undefined)[];
/** Each command declares its own options and arguments; commander hands them over untyped. */
type Run = (context: Context, options: never, ...args: never[]) => Promise<object>;

/** Adds one command: `signature` like `zip [appId]`, `load` imports its code on demand. */
export type AddCommand = (parent: Command, signature: string, description: string, load: () => Promise<Run>) => Command;

export function commandAdder(context: Context, show: ShowResult): AddCommand {
  return (parent, signature, description, load) => {
    const command = parent.command(signature).description(description);
    return command.action(async () => {
      const run = await load();
      const args = command.processedArgs as Arguments;
      show(await run(context, command.optsWithGlobals() as never, ...(args as never[])));
    });
  };
}
