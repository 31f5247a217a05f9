/** Names of one language; the lists are commonplace names, put together at random. */
export type NameList = {
  readonly language: string;
  /** How many of 100 students have names of this list. */
  readonly share: number;
  readonly given: readonly string[];
  readonly family: readonly string[];
  readonly order: 'given first' | 'family first' | 'joined';
};

const list = (names: string): readonly string[] => names.split('|');

/** Sums to 100. Spanish has two family names, put together where the name is made. */
export const nameLists: readonly NameList[] = [
  {
    language: 'English',
    share: 24,
    order: 'given first',
    given: list(
      'Olivia|Noah|Emma|Liam|Ava|Ethan|Mia|Lucas|Grace|Henry|Ruby|Jack|Lily|Oscar|Ella|Thomas|Hannah|Samuel|Chloe|Daniel|Isla|George|Freya|Arthur|Zoë|Mary-Kate|Jude|Naomi|Caleb|Brooke|Dylan|Paige|Logan|Heather|Wyatt|Siân|Niamh|Aoife',
    ),
    family: list(
      "Walker|Baker|Bennett|Carter|Clarke|Cooper|Foster|Hughes|Morgan|Parker|Reed|Turner|Ward|Webb|O'Brien|O'Connor|D'Arcy|MacLeod|McKenzie|Fitzgerald|Smith-Jones|Hall|King|Lloyd|Stone|Wright|Young|Barnes|Fletcher|Marsh|Penrose|St. John|Ashworth|Holloway|Pryce-Evans",
    ),
  },
  {
    language: 'Spanish',
    share: 16,
    order: 'given first',
    given: list(
      'Sofía|Mateo|Valentina|Santiago|Lucía|Sebastián|Camila|Nicolás|María José|Andrés|Ximena|Joaquín|Inés|Álvaro|Martín|Renata|Tomás|Begoña|Íñigo|Rocío|Emilia|Julián|Noemí|Ángel|Paula|Iván|Belén|Óscar|Pilar|Raúl',
    ),
    family: list(
      'García|Rodríguez|Hernández|López|Muñoz|Peña|Núñez|Ibáñez|Gutiérrez|Vásquez|Jiménez|de la Cruz|de los Santos|del Río|Castillo|Ordóñez|Fuentes|Zúñiga|Morales|Salazar|Ortega|Cárdenas|Quiñones|Vega|Rojas|Acuña|Echeverría|Villaseñor',
    ),
  },
  {
    language: 'Turkish',
    share: 8,
    order: 'given first',
    given: list(
      'Zeynep|Yiğit|Elif|Çınar|Şeyma|Emre|Işıl|Kaan|Gökçe|Ömer|Ayşe|İbrahim|Büşra|Deniz|Öykü|Tuğçe|Mert|Ceren|Oğuz|Nehir|Ümit|Melis|Barış|Selin|Doğan|Sıla',
    ),
    family: list(
      'Yıldız|Demir|Çelik|Şahin|Öztürk|Kılıç|Aydın|Doğan|Güneş|Korkmaz|Çetin|Aslan|Koç|Erdoğdu|Taş|Ünal|Özkan|Bulut|Yalçın|Kaplan|Ateş|Gündüz|Karataş|Işık',
    ),
  },
  {
    language: 'Polish',
    share: 7,
    order: 'given first',
    given: list(
      'Zofia|Jakub|Małgorzata|Paweł|Łucja|Stanisław|Agnieszka|Michał|Hanna|Wojciech|Kinga|Bartłomiej|Żaneta|Kacper|Róża|Szymon|Jagoda|Mikołaj|Bożena|Filip|Świętosława|Tymon|Ola|Grześ',
    ),
    family: list(
      'Wójcik|Zieliński|Dąbrowska|Kowalczyk|Szymański|Woźniak|Jankowski|Król|Wróbel|Jabłoński|Grabowska|Pająk|Gąsior|Śliwa|Żak|Ćwikła|Brzęczyk|Nowicka|Łuczak|Sikora|Mróz|Gołąb',
    ),
  },
  {
    language: 'Vietnamese',
    share: 7,
    order: 'family first',
    given: list(
      'Thị Hương|Minh Đức|Thanh Thảo|Quốc Bảo|Ngọc Ánh|Văn Hùng|Thu Hà|Gia Huy|Bích Phượng|Hữu Phước|Mỹ Linh|Đình Khôi|Khánh Vy|Tuấn Kiệt|Yến Nhi|Xuân Trường|Lan Anh|Hoàng Long|Diễm Quỳnh|Phúc Thịnh',
    ),
    family: list('Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Lý'),
  },
  {
    language: 'Arabic',
    share: 8,
    order: 'given first',
    given: list(
      'Layla|Omar|Fatima|Yusuf|Noor|Khalid|Aisha|Hamza|Salma|Tariq|Maryam|Bilal|Huda|Idris|Rania|Abd al-Rahman|Zaynab|Samir|Amina|Ziyad|Nadia|Anas|Dalal|Faris|Umm Kulthum|Jamal',
    ),
    family: list(
      "al-Masri|al-Hashimi|Haddad|Mansour|Najjar|Khoury|Saleh|Abu Zayd|ibn Yusuf|Rahman|al-Qasimi|Barakat|Darwish|Fakhoury|Hamdan|Issa|Kanaan|Nasser|Sa'id|Shamoun|Tawfiq|Zidan|el-Amrani|Ben Salah",
    ),
  },
  {
    language: 'Indian',
    share: 10,
    order: 'given first',
    given: list(
      'Aarav|Ananya|Vihaan|Diya|Arjun|Saanvi|Rohan|Meera|Kabir|Ishita|Aditya|Lakshmi|Karthik|Priya|Harpreet|Gurpreet|Nikhil|Kavya|Siddharth|Tara|Imran|Zoya|Dev|Nandini|Venkata Sai|Padma',
    ),
    family: list(
      'Sharma|Patel|Iyer|Reddy|Nair|Singh|Kaur|Gupta|Banerjee|Mukherjee|Desai|Joshi|Kulkarni|Menon|Rao|Chatterjee|Bhatt|Pillai|Verma|Ganguly|Thakur|Balasubramaniam|Krishnamurthy|Dsouza|Sheikh',
    ),
  },
  {
    language: 'Chinese (pinyin)',
    share: 5,
    order: 'family first',
    given: list(
      'Xiaoming|Meiling|Zihan|Yuxuan|Haoran|Xinyi|Jiahao|Ruoxi|Zixuan|Yichen|Siyu|Junjie|Lǜyuán|Xiù Yīng|Weiwei|Tianyi|Qian|Bo',
    ),
    family: list(
      'Wang|Li|Zhang|Liu|Chen|Yang|Zhao|Huang|Zhou|Wu|Xu|Sun|Lü|Ouyang|Zhuge|He|Guo|Lin',
    ),
  },
  {
    language: 'Chinese (Han)',
    share: 2,
    order: 'joined',
    given: list('小明|美玲|子涵|宇轩|浩然|欣怡|家豪|若曦|梓萱|思雨|俊杰|天佑|雨桐|一诺'),
    family: list('王|李|张|刘|陈|杨|赵|黄|周|吴|徐|孙|欧阳|诸葛|司马|林'),
  },
  {
    language: 'German',
    share: 6,
    order: 'given first',
    given: list(
      'Jörg|Käthe|Lukas|Annika|Björn|Greta|Jürgen|Mathilda|Söhnke|Leonie|Moritz|Frieda|Günther|Hannelore|Karl-Heinz|Anna-Lena|Till|Wiebke|Ruben|Änne',
    ),
    family: list(
      'Müller|Schäfer|Groß|Weiß|Köhler|Krüger|von Stein|vom Bruch|zu Hohenfels|Bäcker|Böhm|Jäger|Lößnitz|Fuchs|Hübner|Kästner-Vogt|Lindemann|Pfeiffer|Schröder|Straßer|Tröger|Zimmermann',
    ),
  },
  {
    language: 'French',
    share: 7,
    order: 'given first',
    given: list(
      'Éloïse|Théo|Chloé|Léo|Anaïs|Hugo|Zoé|Maël|Inès|Noël|Françoise|Rémi|Jean-Baptiste|Marie-Ève|Gaëlle|Aurélien|Océane|Loïc|Maëlys|Étienne|Solène|Cédric|Hélène|Gaël',
    ),
    family: list(
      "Lefèvre|Dubois|Moreau|Lefebvre|Girard|François|d'Aubigné|de Villeneuve|du Pré|L'Hôpital|Bélanger|Côté|Gagné|Lévesque|Saint-Exmée|Desrosiers|Péron|Rousseau-Noël|Tremblay|Garçon|Le Goff|Château|Brûlé|Boisvert",
    ),
  },
];
