// A graph in memory, by the plainest means: what the store has to agree with.

import { scoreOf, type Term } from '../../../src/coordination/knowledge/rank.ts';
import { indexedText, indexedWord, mayBegin, wordsOf } from '../../../src/coordination/knowledge/words.ts';

export interface ModelEntity {
  readonly name: string;
  readonly entityType: string;
  readonly observations: readonly string[];
}

export interface ModelRelation {
  readonly from: string;
  readonly to: string;
  readonly relationType: string;
}

export interface GraphModel {
  /** In the order in which they were made. */
  readonly entities: Map<string, ModelEntity>;
  readonly relations: Map<string, ModelRelation>;
}

export type GraphOp =
  | { readonly op: 'create'; readonly entities: readonly ModelEntity[] }
  | {
      readonly op: 'update';
      readonly name: string;
      readonly newName: string | undefined;
      readonly observations: readonly string[] | undefined;
    }
  | { readonly op: 'delete'; readonly names: readonly string[] }
  | { readonly op: 'add' | 'remove'; readonly name: string; readonly observations: readonly string[] }
  | { readonly op: 'relate' | 'unrelate'; readonly relations: readonly ModelRelation[] };

export const createModel = (): GraphModel => ({ entities: new Map(), relations: new Map() });

const keyOf = ({ from, to, relationType }: ModelRelation): string => [from, relationType, to].join('\n');

/** Does it, and says what the answer has to be; a string is the code of a refusal. */
export function step({ entities, relations }: GraphModel, op: GraphOp): unknown {
  switch (op.op) {
    case 'create': {
      const existing = new Set<string>();
      const created: string[] = [];
      for (const entity of op.entities) {
        if (created.includes(entity.name)) continue;
        if (entities.has(entity.name)) existing.add(entity.name);
        else {
          created.push(entity.name);
          entities.set(entity.name, { ...entity, observations: [...new Set(entity.observations)] });
        }
      }
      return { created, existing: [...existing].toSorted() };
    }
    case 'update': {
      const { name, newName = name, observations } = op;
      const known = entities.get(name);
      if (known === undefined) return 'not_found';
      if (newName !== name && entities.has(newName)) return 'conflict';
      const renamed = [...entities.values()].map((entity) =>
        entity.name === name
          ? { ...entity, name: newName, observations: observations ?? entity.observations }
          : entity,
      );
      entities.clear();
      for (const entity of renamed) entities.set(entity.name, entity);
      const moved = [...relations.values()].map((relation) => ({
        ...relation,
        from: relation.from === name ? newName : relation.from,
        to: relation.to === name ? newName : relation.to,
      }));
      relations.clear();
      for (const relation of moved) relations.set(keyOf(relation), relation);
      return { name: newName };
    }
    case 'delete': {
      const names = [...new Set(op.names)];
      const deleted = names.filter((name) => entities.delete(name));
      const gone = [...relations.values()].filter(
        ({ from, to }) => deleted.includes(from) || deleted.includes(to),
      );
      for (const relation of gone) relations.delete(keyOf(relation));
      return {
        deleted,
        missing: names.filter((name) => !deleted.includes(name)),
        deleted_relations: gone.length,
      };
    }
    case 'add': {
      const known = entities.get(op.name);
      if (known === undefined) return 'not_found';
      const added = [...new Set(op.observations)].filter((one) => !known.observations.includes(one));
      entities.set(op.name, { ...known, observations: [...known.observations, ...added] });
      return { results: [{ entityName: op.name, addedObservations: added }] };
    }
    case 'remove': {
      const known = entities.get(op.name);
      const kept = known?.observations.filter((one) => !op.observations.includes(one)) ?? [];
      if (known !== undefined) entities.set(op.name, { ...known, observations: kept });
      return { deleted: (known?.observations.length ?? 0) - kept.length };
    }
    case 'relate': {
      if (op.relations.some(({ from, to }) => !entities.has(from) || !entities.has(to))) return 'not_found';
      const wanted = new Map(op.relations.map((one) => [keyOf(one), one]));
      let created = 0;
      for (const [key, relation] of wanted)
        if (!relations.has(key)) {
          relations.set(key, relation);
          created += 1;
        }
      return { created, existing: wanted.size - created };
    }
    case 'unrelate': {
      const deleted = op.relations.filter((relation) => relations.delete(keyOf(relation))).length;
      return { deleted };
    }
  }
}

/** The names that a search has to answer, the best first: every entity is looked at. */
export function searched({ entities }: GraphModel, query: string): readonly string[] {
  const columns = [...entities.values()].map(({ name, entityType, observations }) => ({
    name,
    name_words: indexedText(1, wordsOf(name, 100)),
    type_words: indexedText(1, wordsOf(entityType, 100)),
    observation_words: indexedText(1, wordsOf(observations.join('\n'), 100)),
  }));
  const has = (text: string, word: string, isPrefix: boolean): boolean =>
    text.split(' ').some((one) => (isPrefix ? one.startsWith(word) : one === word));
  const terms = [...new Set(wordsOf(query, 100))].map((plain): Term => {
    const word = indexedWord(1, plain);
    const count = (isPrefix: boolean): number =>
      columns.filter((one) =>
        has(`${one.name_words} ${one.type_words} ${one.observation_words}`, word, isPrefix),
      ).length;
    const isPrefix = count(false) === 0 && mayBegin(plain);
    return { word, isPrefix, entities: count(isPrefix) };
  });
  return columns
    .map((one) => ({ name: one.name, score: scoreOf(one, terms) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}
