/** What a collection's policy makes of a verdict: the only place where warnings become refusals or are left out. */
import type { Policy } from '../domain/channel';
import type { Finding, Verdict } from './verdict';

const CUSTOM = new Set(['N-CUSTPROP', 'N-CUSTPFX', 'N-CUSTOBJ', 'N-CUSTOBJPFX', 'N-CUSTEXT', 'P-CUSTOM']);

function severity(rule: string, policy: Policy): 'error' | 'warning' | 'none' {
  if (policy.strict.includes(rule)) return 'error';
  if (CUSTOM.has(rule) && policy.custom === 'refuse') return 'error';
  // Vendors' names in patterns are everywhere and harm nobody: said only where custom content is watched.
  if (rule === 'P-CUSTOM' && policy.custom === 'allow') return 'none';
  return policy.quiet.includes(rule) ? 'none' : 'warning';
}

export function applyPolicy(verdict: Verdict, policy: Policy): Verdict {
  if (verdict.warnings.length === 0) return verdict;
  const by = (wanted: string): Finding[] =>
    verdict.warnings.filter((w) => severity(w.rule, policy) === wanted);
  return { errors: [...verdict.errors, ...by('error')], warnings: by('warning') };
}
