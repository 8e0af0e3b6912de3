import { foldName } from './fold.ts'
import { singularName } from './singular.ts'

/** Other English words for the same everyday class, singular. */
const synonyms: Readonly<Record<string, string>> = {
  airplane: 'aeroplane aircraft plane',
  bicycle: 'bike',
  car: 'automobile motorcar',
  cat: 'kitty kitten',
  child: 'kid',
  dog: 'doggy puppy',
  motorcycle: 'motorbike',
  person: 'human',
  phone: 'telephone',
  rabbit: 'bunny',
  truck: 'lorry',
  turtle: 'tortoise',
}

/**
 * Everyday classes in Spanish, French, German, Italian, Portuguese and Dutch, folded, singular and plural, as they are
 * met in the labels of hand-made classifiers. Words that are another English one (ape, bar, beer, boom) are left out.
 */
const translations: Readonly<Record<string, string>> = {
  airplane: 'avion aviones avions flugzeug flugzeuge aereo aerei aviao avioes vliegtuig vliegtuigen',
  apple: 'manzana manzanas pomme pommes apfel mela mele maca macas appel appels',
  banana: 'platano platanos banane bananen bananes banaan bananas',
  bear: 'oso osos ours baren orso orsi urso ursos beren',
  bicycle: 'bicicleta bicicletas velo velos fahrrad fahrrader bicicletta biciclette fiets fietsen',
  bird: 'pajaro pajaros ave aves oiseau oiseaux vogel vogels uccello uccelli passaro passaros',
  boat: 'barco barcos bateau bateaux schiff schiffe barca barche schip schepen',
  bus: 'autobus autobuses bussen busse onibus autocarro autocarros',
  butterfly:
    'mariposa mariposas papillon papillons schmetterling schmetterlinge farfalla farfalle borboleta borboletas vlinder vlinders',
  car: 'auto autos coche coches voiture voitures macchina macchine carro carros wagen',
  cat: 'gato gatos gata gatas chat chats katze katzen kater gatto gatti gatta gatte kat katten',
  chicken: 'pollo pollos gallina gallinas poule poules poulet huhn huhner henne hennen galinha galinhas kip kippen',
  child: 'nino ninos nina ninas enfant enfants kinder bambino bambini crianca criancas kinderen',
  cow: 'vaca vacas vache vaches kuh kuhe mucca mucche vacca vacche koe koeien',
  dog: 'perro perros perra perras chien chiens chienne hund hunde cane cani cachorro cachorros cao caes hond honden',
  duck: 'pato patos canard canards ente enten anatra anatre eend eenden',
  elephant: 'elefante elefantes elefanti elephants elefant elefanten olifant olifanten',
  fish: 'pez peces pescado poisson poissons fisch fische pesce pesci peixe peixes vis vissen fishes',
  flower: 'flor flores fleur fleurs blume blumen fiore fiori bloem bloemen',
  fox: 'zorro zorros renard renards fuchs fuchse volpe volpi raposa raposas vos vossen',
  frog: 'rana ranas rane grenouille grenouilles frosch frosche sapo sapos kikker kikkers',
  horse: 'caballo caballos cheval chevaux pferd pferde cavallo cavalli cavalo cavalos paard paarden',
  house: 'casa casas maison maisons haus hauser huis huizen',
  lion: 'leon leones lowe lowen leone leoni leao leoes leeuw leeuwen',
  man: 'hombre hombres homme hommes mann manner uomo uomini homem homens mannen',
  monkey: 'mono monos singe singes affe affen scimmia scimmie macaco macacos aap apen',
  motorcycle: 'moto motos motocicleta motocicletas motorrad motorrader motociclette motorfiets',
  mouse: 'raton ratones souris maus mause rato ratos muis muizen',
  person: 'persona personas personne personnes menschen mensch personen persone pessoa pessoas persoon',
  pig: 'cerdo cerdos cochon cochons porc porcs schwein schweine maiale maiali porco porcos varken varkens',
  rabbit: 'conejo conejos lapin lapins kaninchen hase hasen coniglio conigli coelho coelhos konijn konijnen',
  sheep: 'oveja ovejas mouton moutons schaf schafe pecora pecore ovelha ovelhas schaap schapen',
  snake: 'serpiente serpientes serpent serpents schlange schlangen serpente serpenti serpentes slangen',
  spider: 'arana aranas araignee araignees spinne spinnen ragno ragni aranha aranhas',
  tiger: 'tigre tigres tigri tijger tijgers',
  tree: 'arbol arboles arbre arbres baum baume albero alberi arvore arvores bomen',
  truck: 'camion camiones camions lastwagen lkw caminhao caminhoes camioes vrachtwagen vrachtwagens',
  turtle:
    'tortuga tortugas tortue tortues schildkrote schildkroten tartaruga tartarughe tartarugas schildpad schildpadden',
  wolf: 'lobo lobos loup loups wolfe lupo lupi wolven',
  woman: 'mujer mujeres femme femmes frau frauen donna donne mulher mulheres vrouw vrouwen',
}

const words = new Set([...Object.keys(synonyms), ...Object.keys(translations)])
const english = byWord(synonyms)
const foreign = byWord(translations)

/**
 * The everyday English word for an English class name: "Automobiles" → "car", "dogs" → "dog", "zebras" → "zebra".
 * @returns the word, singular and folded; the name itself so where it has no other
 */
export function englishWord(name: string): string {
  const singular = singularName(foldName(name))
  return english.get(singular) ?? singular
}

/**
 * The everyday English word for a class name in one of seven languages: "Perros" → "dog", "Vögel" → "bird".
 * An English reading comes first.
 * @returns the word, singular and folded; null if the name is none of this table
 */
export function everydayWord(name: string): string | null {
  const word = englishWord(name)
  return words.has(word) ? word : (foreign.get(foldName(name)) ?? foreign.get(word) ?? null)
}

function byWord(table: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(table).flatMap(([word, others]) => others.split(' ').map((other) => [other, word])))
}
