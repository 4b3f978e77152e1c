/** What statistics are called in the languages of Jisr. What is no word of ours (types, TLP, names) stays as it is. */
export const LANGUAGES = ['ar', 'en', 'fr', 'es'] as const;
export type Language = (typeof LANGUAGES)[number];

/** By what it is called in JSON: in the order ar, fr, es. */
const WORDS: Readonly<Record<string, readonly [ar: string, fr: string, es: string]>> = {
  count: ['العدّ', 'décompte', 'recuento'],
  name: ['الاسم', 'nom', 'nombre'],
  objects: ['الكائنات', 'objets', 'objetos'],
  type: ['النوع', 'type', 'tipo'],
  marking: ['درجة التداول', 'marquage', 'marcado'],
  producer: ['المُصدِر', 'producteur', 'productor'],
  country: ['البلد', 'pays', 'país'],
  age: ['العمر', 'âge', 'antigüedad'],
  week: ['الأسبوع', 'semaine', 'semana'],
  state: ['الحالة', 'état', 'estado'],
  'Objects by type': ['الكائنات حسب النوع', 'Objets par type', 'Objetos por tipo'],
  'Objects by marking': ['الكائنات حسب درجة التداول', 'Objets par marquage', 'Objetos por marcado'],
  'Objects by producer': ['الكائنات حسب المُصدِر', 'Objets par producteur', 'Objetos por productor'],
  'Objects by country': ['الكائنات حسب البلد', 'Objets par pays', 'Objetos por país'],
  'Objects by age': ['الكائنات حسب العمر', 'Objets par âge', 'Objetos por antigüedad'],
  'Objects by week': ['الكائنات حسب الأسبوع', 'Objets par semaine', 'Objetos por semana'],
  'Objects by state': ['الكائنات حسب الحالة', 'Objets par état', 'Objetos por estado'],
  'up to 7 days': ['حتى 7 أيام', 'jusqu’à 7 jours', 'hasta 7 días'],
  'up to 30 days': ['حتى 30 يومًا', 'jusqu’à 30 jours', 'hasta 30 días'],
  'up to 90 days': ['حتى 90 يومًا', 'jusqu’à 90 jours', 'hasta 90 días'],
  'up to a year': ['حتى سنة', 'jusqu’à un an', 'hasta un año'],
  older: ['أقدم من ذلك', 'plus anciens', 'más antiguos'],
  active: ['سارية', 'actifs', 'activos'],
  revoked: ['مُلغاة', 'révoqués', 'revocados'],
  expired: ['منتهية الصلاحية', 'expirés', 'caducados'],
  'never read': ['لم تُقرأ قط', 'jamais lus', 'nunca leídos'],
  unknown: ['غير معروف', 'inconnu', 'desconocido'],
  global: ['عالمي', 'mondial', 'mundial'],
  africa: ['أفريقيا', 'Afrique', 'África'],
  americas: ['الأمريكتان', 'Amériques', 'Américas'],
  'asia-pacific': ['آسيا والمحيط الهادئ', 'Asie-Pacifique', 'Asia-Pacífico'],
  europe: ['أوروبا', 'Europe', 'Europa'],
  mena: ['الشرق الأوسط وشمال أفريقيا', 'Moyen-Orient et Afrique du Nord', 'Oriente Medio y Norte de África'],
};
const PLACE: Readonly<Record<Exclude<Language, 'en'>, 0 | 1 | 2>> = { ar: 0, fr: 1, es: 2 };

/** Our word in a language. */
export const word = (language: Language, name: string): string =>
  language === 'en' ? name : (WORDS[name]?.[PLACE[language]] ?? name);

/** The name of a country (ISO 3166-1 alpha-2), or else of a region. */
export function placeName(language: Language, name: string): string {
  if (!/^[A-Z]{2}$/.test(name)) return word(language, name);
  return new Intl.DisplayNames([language], { type: 'region' }).of(name) ?? name;
}

export const isRightToLeft = (language: Language): boolean => language === 'ar';
