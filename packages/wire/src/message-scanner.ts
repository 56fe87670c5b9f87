// Finds the few members that Tutti owns, in one pass over the bytes of a message and without parsing it.
//
// Nearly all of it is skipped by JsonSkipper, which knows JSON. MessageScanner visits the members of three objects, one
// inside of the other, and its `level` says of which:
//
//   root   {"jsonrpc", "id", "method", "params" | "result" | "error"}
//            │ the value of one of the last three is the body; when it is an object, its members are visited:
//   body     {OWNED_MEMBERS…, "_meta"}
//               │ when that is an object:
//   meta        {OWNED_META…}
//
// A name is known by its bytes; one that is written with escapes is decoded first. When a name repeats, the last one
// counts, as in JSON.parse, and what was found inside of an earlier one is forgotten. Other readers may take the first
// one, so the losers are listed in `cuts`: a message without them means the same to everybody. Others again don't tell
// `Name` from `name`: the first such name is told in `lookalike`. It is looked for only where a name is not known, and not
// in results, whose members are anybody's.

import { OPEN_BRACE } from './ascii.ts';
import { FAILED, JsonSkipper, type MemberVisitor } from './json-skip.ts';
import {
  OWNED_MEMBERS,
  OWNED_META,
  REQUEST_MEMBERS,
  type Lookalike,
  type Member,
  type Members,
  type Span,
} from './message.ts';
import { NameTable } from './name-table.ts';

const ROOT_NAMES = new NameTable(new Set(['jsonrpc', 'id', 'method', 'params', 'result', 'error']));
const BODY_NAMES = new NameTable(OWNED_MEMBERS);
const META_NAMES = new NameTable(OWNED_META);
const REQUEST_NAMES = new NameTable(REQUEST_MEMBERS);
const META_NAME = new NameTable(new Set(['_meta']));

const NO_MEMBERS: Members = new Map();
const NO_CUTS: readonly Span[] = [];

const ROOT = 0;
const BODY = 1;
const META = 2;

export class MessageScanner extends JsonSkipper implements MemberVisitor {
  jsonrpc: Member | undefined = undefined;
  id: Member | undefined = undefined;
  method: Member | undefined = undefined;
  params: Member | undefined = undefined;
  result: Member | undefined = undefined;
  error: Member | undefined = undefined;
  /** `_meta` of the body when it is an object. */
  meta: Member | undefined = undefined;
  lookalike: Lookalike | undefined = undefined;

  #isParams = false;
  #level = ROOT;
  #members: Map<string, Member> | undefined = undefined;
  #metaMembers: Map<string, Member> | undefined = undefined;
  #rootCuts: Span[] | undefined = undefined;
  #bodyCuts: Span[] | undefined = undefined;
  #metaCuts: Span[] | undefined = undefined;

  /** Owned members of the body, and with them `_meta`, whatever its value. */
  get members(): Members {
    return this.#members ?? NO_MEMBERS;
  }

  get metaMembers(): Members {
    return this.#metaMembers ?? NO_MEMBERS;
  }

  get cuts(): readonly Span[] {
    if (this.#rootCuts === undefined && this.#bodyCuts === undefined && this.#metaCuts === undefined) {
      return NO_CUTS;
    }
    return [...(this.#rootCuts ?? []), ...(this.#bodyCuts ?? []), ...(this.#metaCuts ?? [])];
  }

  member(keyStart: number, keyEnd: number, start: number, depth: number): number {
    switch (this.#level) {
      case ROOT:
        return this.#rootMember(keyStart, keyEnd, start, depth);
      case BODY:
        return this.#bodyMember(keyStart, keyEnd, start, depth);
      default:
        return this.#metaMember(keyStart, keyEnd, start, depth);
    }
  }

  #rootMember(keyStart: number, keyEnd: number, start: number, depth: number): number {
    const name = ROOT_NAMES.find(this.bytes, keyStart, keyEnd, this.escaped);
    if (name === undefined) {
      this.#compare(ROOT_NAMES, 'message', keyStart, keyEnd);
      return this.value(start, depth);
    }
    this.#isParams = name === 'params';
    const isBody = name === 'params' || name === 'result' || name === 'error';
    const end = isBody ? this.#body(start, depth) : this.value(start, depth);
    if (end === FAILED) return FAILED;
    const member = { keyStart, start, end };
    let loser: Member | undefined;
    switch (name) {
      case 'jsonrpc':
        loser = this.jsonrpc;
        this.jsonrpc = member;
        break;
      case 'id':
        loser = this.id;
        this.id = member;
        break;
      case 'method':
        loser = this.method;
        this.method = member;
        break;
      case 'params':
        loser = this.params;
        this.params = member;
        break;
      case 'result':
        loser = this.result;
        this.result = member;
        break;
      default:
        loser = this.error;
        this.error = member;
    }
    if (loser !== undefined) (this.#rootCuts ??= []).push(this.#cut(loser));
    return end;
  }

  #body(start: number, depth: number): number {
    this.#members = undefined;
    this.#bodyCuts = undefined;
    this.#forgetMeta();
    if (this.bytes[start] !== OPEN_BRACE) return this.value(start, depth);
    this.#level = BODY;
    const end = this.object(start, depth, this);
    this.#level = ROOT;
    return end;
  }

  #bodyMember(keyStart: number, keyEnd: number, start: number, depth: number): number {
    const name = BODY_NAMES.find(this.bytes, keyStart, keyEnd, this.escaped);
    if (name === undefined) {
      if (this.#isParams) {
        this.#compare(META_NAME, 'message', keyStart, keyEnd);
        this.#compare(REQUEST_NAMES, 'params', keyStart, keyEnd);
      }
      return this.value(start, depth);
    }
    const end = name === '_meta' ? this.#meta(keyStart, start, depth) : this.value(start, depth);
    if (end === FAILED) return FAILED;
    const members = (this.#members ??= new Map());
    const loser = members.get(name);
    if (loser !== undefined) (this.#bodyCuts ??= []).push(this.#cut(loser));
    members.set(name, { keyStart, start, end });
    return end;
  }

  #meta(keyStart: number, start: number, depth: number): number {
    this.#forgetMeta();
    if (this.bytes[start] !== OPEN_BRACE) return this.value(start, depth);
    this.#level = META;
    const end = this.object(start, depth, this);
    this.#level = BODY;
    this.meta = { keyStart, start, end };
    return end;
  }

  #metaMember(keyStart: number, keyEnd: number, start: number, depth: number): number {
    const name = META_NAMES.find(this.bytes, keyStart, keyEnd, this.escaped);
    if (name === undefined && this.#isParams) this.#compare(META_NAMES, 'message', keyStart, keyEnd);
    const end = this.value(start, depth);
    if (end === FAILED || name === undefined) return end;
    const members = (this.#metaMembers ??= new Map());
    const loser = members.get(name);
    if (loser !== undefined) (this.#metaCuts ??= []).push(this.#cut(loser));
    members.set(name, { keyStart, start, end });
    return end;
  }

  #compare(names: NameTable, where: Lookalike['where'], keyStart: number, keyEnd: number): void {
    if (this.lookalike !== undefined && this.lookalike.where === 'message') return;
    const name = names.findAlike(this.bytes, keyStart, keyEnd, this.escaped);
    if (name !== undefined) this.lookalike = { where, key: { start: keyStart, end: keyEnd }, name };
  }

  #forgetMeta(): void {
    this.meta = undefined;
    this.#metaMembers = undefined;
    this.#metaCuts = undefined;
  }

  /** From the key of a member that another one follows to the key of that one. */
  #cut(loser: Member): Span {
    const comma = this.space(loser.end);
    return { start: loser.keyStart, end: this.space(comma + 1) };
  }
}
