// Counts by several names at once. A tree, because a key joined of all names would be built and hashed anew each time.

class Node {
  count = 0;
  readonly children = new Map<string, Node>();
}

export class Tally {
  readonly #root = new Node();

  /** `path`: always as many names, in the same order. */
  add(path: readonly string[], count = 1): void {
    let node = this.#root;
    for (const name of path) {
      let next = node.children.get(name);
      if (next === undefined) {
        next = new Node();
        node.children.set(name, next);
      }
      node = next;
    }
    node.count += count;
  }

  get isEmpty(): boolean {
    return this.#root.children.size === 0;
  }

  entries(): Iterable<{ path: readonly string[]; count: number }> {
    return leavesOf(this.#root, []);
  }
}

function* leavesOf(node: Node, path: readonly string[]): Generator<{ path: readonly string[]; count: number }> {
  if (node.children.size === 0) yield { path, count: node.count };
  for (const [name, child] of node.children) yield* leavesOf(child, [...path, name]);
}
