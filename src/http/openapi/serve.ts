import type { Handler } from '../access';
import { has, weakTag } from '../kept/answer';
import { openApi } from './document';

/** For anybody: it says nothing of what this server holds. */
export function serveOpenApi(): Handler {
  let made: { readonly text: string; readonly tag: string } | undefined;
  return async (req, res) => {
    const text = made?.text ?? JSON.stringify(openApi());
    made ??= { text, tag: weakTag(text) };
    res.setHeader('ETag', made.tag);
    res.setHeader('Cache-Control', 'public, max-age=3600');
    if (has(req.headers['if-none-match'], made.tag)) res.status(304).end();
    else res.status(200).type('application/json').end(text);
  };
}
