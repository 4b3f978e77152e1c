/** How questions about a collection are answered: from what is kept, or by a page that is read in turns and then kept. */
import type { Request, Response } from 'express';
import type { Scope } from '../domain/access';
import { traitsOf } from '../domain/audience';
import type { ObjectQuery } from '../domain/query';
import type { ChangeStore } from '../store/changes';
import type { Page } from '../store/objects';
import type { Names } from './access';
import { finish, send, type Answer } from './kept/answer';
import type { Again } from './kept/again';
import type { PageCache } from './kept/page-cache';
import type { Pages } from './pages';
import type { Readings } from './readings';
import { note } from './trail';

/** What is asked. */
export interface Question<Items> {
  readonly endpoint: 'objects' | 'manifest' | 'object' | 'versions';
  readonly query: ObjectQuery;
  readonly read: (signal: AbortSignal) => Promise<Page<Items>>;
  readonly body: (page: Page<Items>) => string | readonly Buffer[];
  /** Called where nothing was found. @throws {TaxiiError} 404 */
  readonly ifEmpty?: () => Promise<void>;
}

/** Two requests of one text are answered alike, whoever asks. @param meant what of audiences holds for who asks. */
function textOf(
  scope: Scope<'read'>,
  meant: unknown,
  endpoint: string,
  { after, echo, limit, filters, ids }: ObjectQuery,
): string {
  const { collection, clearance, principal } = scope;
  const who = [clearance, meant, [...(principal.quirks ?? [])].sort()];
  return JSON.stringify([collection.id, endpoint, ...who, after, echo, limit, filters, ids]);
}

export interface AnswersDeps {
  readonly pages: Pages;
  readonly readings: Readings;
  /** Absent: nothing is kept. */
  readonly cache?: PageCache | undefined;
  readonly again?: Again | undefined;
  readonly readerOf?: ChangeStore['readerOf'] | undefined;
}

export class Answers {
  constructor(private readonly deps: AnswersDeps) {}

  /** @throws {TaxiiError} 503 with Retry-After when too much is under way. */
  async answer<Items>(
    scope: Scope<'read'>,
    question: Question<Items>,
    req: Request<Names>,
    res: Response,
  ): Promise<void> {
    const { pages, cache, again, readings } = this.deps;
    const { endpoint, query } = question;
    const textNow = (): string => textOf(scope, this.meantOf(scope), endpoint, query);
    const text = textNow();
    const seen = cache?.look();
    let kept = cache?.get(text);
    let answer = kept?.answer;
    if (answer) pages.admit(scope, answer.bytes, res);
    else {
      answer = await this.make(scope, text, question, res);
      // An audience that was named meanwhile may be in it: others ask by the text of before.
      kept = seen && textNow() === text ? cache?.keep(text, scope, query, answer, seen) : undefined;
    }
    note(res, { count: answer.about.count });
    const reads = endpoint === 'objects' || endpoint === 'object';
    if (reads) readings.note(scope, answer.about);
    if (kept) again?.keep(req, res, { kept, scope, reads });
    send(req, res, kept?.answer ?? answer);
  }

  /** What an answer depends on where the store does not say of which audiences its reader is. */
  private meantOf(scope: Scope<'read'>): unknown {
    const { readerOf } = this.deps;
    return readerOf ? [...readerOf(scope).classes] : traitsOf(scope.principal.organisation);
  }

  private async make<Items>(
    scope: Scope<'read'>,
    text: string,
    { query, read, body, ifEmpty }: Question<Items>,
    res: Response,
  ): Promise<Answer> {
    const page = await this.deps.pages.read(scope, query, res, read);
    if (page.count === 0) await ifEmpty?.();
    return finish(text, page, query, body(page));
  }
}
