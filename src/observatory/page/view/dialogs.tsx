// Shows the dialogs: paste a tree, the keys, the token.
import type { ComponentChildren, VNode } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { usePage } from "./context.ts";
import { KEYS } from "./keys.ts";

/** The dialog that is open, if one is. */
export function Dialogs(): VNode | null {
  const { state } = usePage();
  switch (state.dialog) {
    case undefined:
      return null;
    case "paste":
      return <PasteDialog />;
    case "keys":
      return <KeysDialog />;
    case "token":
      return <TokenDialog />;
    default:
      return state.dialog satisfies never;
  }
}

interface ModalProps {
  readonly title: string;
  readonly children: ComponentChildren;
}

function Modal({ title, children }: ModalProps): VNode {
  const { page } = usePage();
  const element = useRef<HTMLDialogElement>(null);
  // At once: what is typed next belongs to the dialog.
  useLayoutEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    element.current?.querySelector<HTMLElement>("textarea, .text")?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={element} class="dialog" aria-labelledby="dialog-title" onClose={() => page.close()}>
      <div class="dialog-head">
        <h2 id="dialog-title">{title}</h2>
        <button type="button" class="button" aria-label="Close" onClick={() => page.close()}>
          ✕
        </button>
      </div>
      {children}
    </dialog>
  );
}

function PasteDialog(): VNode {
  const { page } = usePage();
  const [problem, setProblem] = useState("");
  const text = useRef<HTMLTextAreaElement>(null);
  const draw = async (event: Event): Promise<void> => {
    event.preventDefault();
    const value = text.current?.value.trim() ?? "";
    if (value === "") return setProblem("There is nothing to draw yet.");
    const reason = await page.trees.paste(value);
    if (reason === undefined) page.close();
    else setProblem(reason);
  };
  return (
    <Modal title="Paste a tree">
      <form onSubmit={(event) => void draw(event)}>
        <label for="pasted">
          The value of a header <code>x-error-tree</code>, or the id of a trace that failed
        </label>
        <textarea
          id="pasted"
          ref={text}
          rows={7}
          spellcheck={false}
          autocomplete="off"
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey) void draw(event);
          }}
        />
        {problem !== "" && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" class="button strong">
          Draw it
        </button>
      </form>
    </Modal>
  );
}

function TokenDialog(): VNode {
  const { page } = usePage();
  const [token, setToken] = useState("");
  return (
    <Modal title="This observatory wants a token">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          page.useToken(token.trim());
        }}
      >
        <label for="token">
          The token that it was started with. This tab remembers it until it is closed.
        </label>
        <input
          id="token"
          class="text"
          type="password"
          autocomplete="off"
          value={token}
          onInput={({ currentTarget }) => setToken(currentTarget.value)}
        />
        <button type="submit" class="button strong">
          Go on
        </button>
      </form>
    </Modal>
  );
}

function KeysDialog(): VNode {
  const { page, state } = usePage();
  return (
    <Modal title="Keys">
      <dl class="keys">
        {KEYS.map(({ key, does }) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>← → ↑ ↓</kbd>
          </dt>
          <dd>In the graph: to who calls, to who is called, to the node above, to the node beneath</dd>
        </div>
        <div>
          <dt>
            <kbd>+</kbd> <kbd>-</kbd> <kbd>0</kbd>
          </dt>
          <dd>In the graph: closer, further away, all of it</dd>
        </div>
        <div>
          <dt>
            <kbd>Esc</kbd>
          </dt>
          <dd>Takes back the last choice</dd>
        </div>
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={state.hasKeys}
          onChange={({ currentTarget }) => page.useKeys(currentTarget.checked)}
        />{" "}
        Keys of one letter are on
      </label>
    </Modal>
  );
}
