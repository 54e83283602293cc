/** Which field of a contact a CSV column holds, by its heading in the languages that CRMs and address books export. */
import type { Phone } from '../../../preload/contract'
import { fold } from '../../text'

export type Column =
  | { field: 'name' | 'first' | 'middle' | 'last' | 'organization' | 'title' | 'email' | 'note' | 'labels' | 'country' | 'uid' }
  | { field: 'phone'; type: Phone['type'] }
  /** The kind of the phone in another column (Google: «Phone 1 - Type»). */
  | { field: 'phone-type'; of: string }

const words: Readonly<Record<string, string>> = {
  name: 'name|full name|display name|contact|contact name|person|person name|customer|customer name|file as|vollstandiger name|anzeigename|kontakt|ansprechpartner|nom complet|nombre completo|nome completo|naam|volledige naam|namn|fullstandigt namn|navn|fulde navn|nimi|imie i nazwisko|nazwa|jmeno a prijmeni|nev|ad soyad|имя и фамилия|фио|名前|氏名|姓名|이름|성명|الاسم|اسم',
  first:
    'first name|firstname|given name|forename|vorname|prenom|nombre|nome|voornaam|fornamn|fornavn|etunimi|imie|jmeno|keresztnev|имя|ad|名|이름(성 제외)|الاسم الاول',
  middle: 'middle name|additional name|zweiter vorname|deuxieme prenom|segundo nombre|mellannamn|mellemnavn',
  last: 'last name|lastname|surname|family name|nachname|familienname|nom|nom de famille|apellido|apellidos|cognome|sobrenome|achternaam|efternamn|etternavn|efternavn|sukunimi|nazwisko|prijmeni|vezeteknev|фамилия|soyad|姓|성|اسم العائلة',
  organization:
    'company|company name|organization|organisation|organization name|organisation name|organization 1 name|account|account name|employer|business|firma|firmenname|unternehmen|entreprise|societe|organisme|empresa|compania|organizacion|azienda|societa|organizacao|bedrijf|bedrijfsnaam|organisatie|foretag|organisation 1 name|virksomhed|bedrift|selskap|yritys|organizacja|spolecnost|ceg|компания|организация|sirket|会社|会社名|所属|회사|조직|الشركة',
  title:
    'title|job title|jobtitle|position|role|organization title|organization 1 title|beruf|funktion|stelle|fonction|poste|titre|cargo|puesto|qualifica|mansione|functie|functietitel|befattning|titel|stilling|tehtavanimike|stanowisko|pozice|beosztas|должность|unvan|役職|肩書|직책|직위|المسمى الوظيفي',
  email:
    'email|e mail|mail|email address|e mail address|work email|business email|personal email|emails|e mail adresse|adresse e mail|courriel|correo|correo electronico|e post|e postadress|epost|sahkoposti|posta elettronica|adres e mail|почта|электронная почта|eposta|メール|メールアドレス|이메일|البريد الالكتروني',
  note: 'note|notes|comment|comments|description|notiz|notizen|bemerkung|remarque|remarques|nota|notas|notitie|notities|anteckning|anteckningar|noter|notat|muistiinpanot|notatka|notatki|uwagi|poznamka|заметки|примечание|メモ|備考|메모|ملاحظات',
  labels:
    'labels|label|tags|tag|groups|group membership|categories|category|kategorien|kategorie|etiquettes|etiquetas|etichette|etiketter|kategorier|tunnisteet|etykiety',
  country:
    'country|country region|business country|business country region|address country|address 1 country|land|pays|pais|paese|maa|kraj|zeme|orszag|страна|ulke|国|국가|الدولة',
  uid: 'uid|contact id|record id|person id|external id',
}
const known = new Map<string, Column>()
for (const [field, list] of Object.entries(words)) {
  for (const word of list.split('|')) known.set(fold(word), { field: field as 'name' })
}

const phoneWord =
  /phone|\btel\b|tele?f|puhelin|\bmobil|\bcell|handy|\bmovil|\bcelular|\bfax|komork|gsm|\bnatel|телефон|мобильн|факс|電話|携帯|ふぁっくす|전화|휴대|핸드폰|팩스|هاتف|جوال|موبايل|فاكس|nummer|rufnummer|\bnumber\b|\bnumero\b|numer\b/u
const notPhone =
  /\b(type|label|kind|extension|ext|country|code|id|house|street|postal|customer|account|invoice|tax|vat|order)\b|(kunden|konto|haus|post|rechnungs)nummer/u
const typeWords: [RegExp, Phone['type']][] = [
  [/fax|факс|ふぁっくす|팩스|فاكس/u, 'fax'],
  [/mobil|cell|handy|movil|celular|portable|gsm|natel|komork|matkapuhelin|мобильн|携帯|휴대|핸드폰|جوال|موبايل/u, 'mobile'],
  [/home|privat|domicile|casa|particular|hem|hjem|koti|dom\b|домашн|自宅|집|المنزل/u, 'home'],
  [/main|switchboard|company|head|zentrale|centrale|standard|vaxel|sentral|主要|代表|대표/u, 'main'],
  [/other|sonstig|autre|otro|altro|andere|annan|annet|その他|기타/u, 'other'],
]

/** The column's meaning, or null for one that contacts have no field for. */
export function columnOf(heading: string): Column | null {
  const words = fold(heading)
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .trim()
  const typeOf = /^(.*?) ?(?:type|label)$/.exec(words)
  if (typeOf?.[1] !== undefined && phoneWord.test(words)) return { field: 'phone-type', of: typeOf[1] }
  const plain = words.replace(/^(person|contact|organization|organisation) (?=name$|phone|email|title|e mail)/, (prefix) =>
    prefix.startsWith('org') ? 'organization ' : '',
  )
  const whole = known.get(words) ?? known.get(plain)
  if (whole) return whole
  const numbered = /^e ?mail( \d+)?( value| address)?( work| home| other)?$/.exec(plain)
  if (numbered) return { field: 'email' }
  if (phoneWord.test(words) && !notPhone.test(words)) return { field: 'phone', type: phoneTypeOf(words) }
  return null
}

/** `Phone 1 - Value` belongs to `Phone 1 - Type`. */
export function phoneStem(heading: string): string {
  return fold(heading)
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .trim()
    .replace(/ value$/, '')
}

/** The kind of phone that a heading or a type's name stands for. */
export function phoneTypeOf(text: string): Phone['type'] {
  const folded = fold(text)
  return typeWords.find(([word]) => word.test(folded))?.[1] ?? 'work'
}
