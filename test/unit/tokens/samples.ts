/** Texts of the kinds that token estimates are measured on. */
import { readFileSync } from 'node:fs'

const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')

/** The same numbers from 0 to 1 every time. */
function* numbers(): Generator<number, never> {
  for (let seed = 7; ;) {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff
    yield seed / 0x7fffffff
  }
}
const source = numbers()
const below = (limit: number) => Math.floor(source.next().value * limit)
const list = (length: number, item: () => string | number) => Array.from({ length }, item)

const MIXED = `我们用React和TypeScript写前端，后端是Python的FastAPI，数据库用PostgreSQL，缓存用Redis。部署到Kubernetes集群，CI用GitHub Actions，每次merge到main分支就自动发布。
在Linux服务器上用Docker部署大语言模型推理服务，通过HTTP接口返回JSON格式的结果给前端页面展示。iPhone手机是一个很好的设备，也可以用GPT模型进行训练。
The 模型 model 使用 uses attention 注意力 mechanism 机制 to process 处理 long 长 documents 文档. For example 例如, GPT-4o 和 Qwen2.5 都支持 128k 上下文。
APIを使ってデータを取得しました。JavaScriptのフレームワークとしてReactを使い、バックエンドはNode.jsで書きます。`

export const SAMPLES: Readonly<Record<string, string>> = {
  English:
    "She opened the old wooden door and stepped into the garden, where the roses were still wet with rain. Nobody had lived here for years, yet the path was swept and a kettle steamed on the sill. \"Hello?\" she called. The only answer was a blackbird. It wasn't what she'd expected at all; she'd imagined ruins, weeds, perhaps a ghost or two. Artificial intelligence is the ability of machines to learn and to make decisions as humans do. You can use this program to write emails or to summarize long documents.",
  Chinese:
    '北京是中华人民共和国的首都，也是全国的政治中心和文化中心。人工智能是指机器像人一样学习和做出决定的能力。今天天气很好，我们去公园散步吧。你可以用这个程序写邮件，或者总结很长的文档。春天来了，花儿开了，小鸟在枝头歌唱。他从书架上取下一本旧书，轻轻地翻开第一页，里面夹着一张泛黄的照片。',
  'Chinese and Japanese with English words': MIXED,
  Japanese:
    '東京は日本の首都であり、世界でも有数の大都市です。江戸時代から政治と文化の中心として発展してきました。人工知能とは、機械が人間のように学習し、判断する能力のことです。今日は天気がとてもいいので、公園を散歩しませんか。このプログラムを使えば、メールを書いたり、長い文書を要約したりできます。カタカナのコンピューターやインターネットという言葉もよく使われます。',
  Korean:
    '서울은 대한민국의 수도이자 가장 큰 도시입니다. 인공지능은 기계가 사람처럼 배우고 결정을 내리는 능력입니다. 오늘은 날씨가 아주 좋으니 공원에서 산책할까요? 이 프로그램으로 이메일을 쓰거나 긴 문서를 요약할 수 있습니다.',
  Russian:
    'Москва — столица России и крупнейший город страны. Она расположена на реке Москве в центре Восточно-Европейской равнины. Искусственный интеллект — это способность машин учиться и принимать решения, подобно человеку. Сегодня прекрасная погода, давайте прогуляемся в парке. С помощью этой программы можно писать письма и кратко пересказывать длинные документы.',
  Hindi:
    'भारत दक्षिण एशिया में स्थित एक विशाल देश है। इसकी राजधानी नई दिल्ली है और यहाँ अनेक भाषाएँ बोली जाती हैं। कृत्रिम बुद्धिमत्ता मशीनों की वह क्षमता है जिससे वे मनुष्य की तरह सीख सकती हैं और निर्णय ले सकती हैं। आज मौसम बहुत अच्छा है, चलो बाग़ में घूमने चलते हैं। आप इस प्रोग्राम से ईमेल लिख सकते हैं या लंबे दस्तावेज़ों का सारांश बना सकते हैं।',
  Thai: 'กรุงเทพมหานครเป็นเมืองหลวงและเมืองที่มีประชากรมากที่สุดของประเทศไทย ตั้งอยู่บนฝั่งแม่น้ำเจ้าพระยา เป็นศูนย์กลางการปกครอง การศึกษา การคมนาคมขนส่ง การเงินการธนาคาร และการพาณิชย์ ปัญญาประดิษฐ์คือความสามารถของเครื่องจักรในการเรียนรู้และตัดสินใจเหมือนมนุษย์ คุณสามารถใช้โปรแกรมนี้เขียนอีเมลหรือสรุปเอกสารยาว ๆ ได้ วันนี้อากาศดีมาก เราไปเดินเล่นที่สวนสาธารณะกันไหม',
  Arabic:
    'تأسست المدينة قبل أكثر من ألف عام على ضفاف النهر، وكانت مركزا مهما للتجارة بين الشرق والغرب. يعيش فيها اليوم أكثر من مليوني نسمة، ويزورها كل عام آلاف السياح لمشاهدة أسواقها القديمة ومساجدها الجميلة. تتميز بمناخ معتدل في الربيع والخريف، أما الصيف فيكون حارا وجافا. الذكاء الاصطناعي هو قدرة الآلات على محاكاة السلوك البشري، مثل التعلم والاستنتاج واتخاذ القرارات.',
  German:
    'Berlin ist die Hauptstadt und die größte Stadt Deutschlands. Künstliche Intelligenz ist die Fähigkeit von Maschinen, wie Menschen zu lernen und Entscheidungen zu treffen. Heute ist das Wetter sehr schön, gehen wir doch im Park spazieren. Mit diesem Programm kann man Briefe schreiben oder lange Dokumente zusammenfassen.',
  Digits: [
    list(400, () => below(10)).join(''),
    list(60, () => below(100_000)).join(' '),
    list(60, () => (below(100_000) / 100).toFixed(2)).join(', '),
    list(20, () => `2026-0${1 + below(9)}-${10 + below(18)} 12:${10 + below(49)}:33`).join('\n'),
  ].join('\n'),
  Base64: Buffer.from(list(1500, () => below(256)) as number[]).toString('base64'),
  'Base64 of English': Buffer.from(read('LICENSE')).toString('base64'),
  Emoji:
    '😀😃😄😁😆😅🤣😂🙂🙃😉😊😇🥰😍🤩 Great job! 🎉🎉🎉 See you tomorrow 👋😀 I love it ❤️❤️ 👍🏽 🚀🔥💯 ✅ done ❌ not yet ⚠️ careful 👨‍👩‍👧‍👦👩‍💻🏳️‍🌈 🇩🇪🇯🇵 🍎🍊🍋🍌🍉🍇🍓 🐶 🐱 🐭 🐹',
  TypeScript: read('src/registry.ts'),
  JSON: read('package.json'),
  Markdown: read('CONTRIBUTING.md'),
}
