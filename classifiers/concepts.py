"""Words that mean much the same, under one name: what housing mail talks about, said many ways.

A small corpus sees "nobody came", "no one turned up" and "not a soul showed" once each. Spoken in concepts all
three are "none visit". `speak` rewrites a text in concepts, sentence by sentence: function words that carry
the sense ("you", "not", "if", "but") stay, known words become their concept, the rest is left out, so that concepts
stand together that belong together. The model learns what sequences and pairs of them are worth; they decide
nothing by themselves.

A trailing `*` in the table stands for any ending. A word of several meanings stands under the one it has
in mail to a landlord.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import combinations

_TABLE = {
    # who
    "trade": (
        "plumber* electrician* joiner* carpenter* plasterer* roofer* painter* decorator* engineer* "
        "contractor* operative* workman workmen tradesm* fitter* glazier* gasman handyman builder* "
        "scaffolder* labourer* technician* subcontractor* crew"
    ),
    "office": (
        "officer* receptionist* adviser* advisor* caretaker* warden* concierge surveyor* inspector* cleaner* "
        "gardener* supervisor* team staff department dept desk reception helpline switchboard caseworker "
        "coordinator colleague* employee* agent* landlord association housing callcentre centre office"
    ),
    "someone": (
        "somebody someone anyone anybody man bloke lad lads fella fellow chap guy guys gentleman lady woman "
        "girl person people boy mr mrs ms miss"
    ),
    "none": (
        "nobody noone nobodys none no1 nowt nothing never neither nor zilch nil"
    ),
    "family": (
        "mum mam mom mother dad father nan nana nanna gran grandma grandad granddad grandmother grandfather "
        "husband wife partner son daughter sister brother aunt auntie uncle niece nephew parents grandson "
        "granddaughter cousin mums dads"
    ),
    "child": (
        "baby babies newborn toddler* child children childs kid kids bairn* twins infant* schoolchild* "
        "teenager*"
    ),
    "neighbour": (
        "neighbour* neighbor* upstairs downstairs nextdoor tenant* resident* leaseholder* occupier*"
    ),
    "higher": (
        "manager* boss* director* senior superior* chief executive ceo board chair above upstairs* higher "
        "independent supervisor* governor* upper"
    ),
    "politic": (
        "mp mps councillor* cllr* councilor* constituent* ward parliament mayor surgery"
    ),
    "law": (
        "solicitor* lawyer* court* legal* proceeding* claim claims tribunal sue suing barrister* litigat* "
        "judge disrepair protocol"
    ),
    "ombuds": (
        "ombudsman* ombudsm* ombud*"
    ),
    # the home
    "room": (
        "kitchen* bathroom* bedroom* lounge hall hallway landing loft attic porch cellar toilet loo wetroom "
        "room rooms house flat home maisonette bungalow property wc livingroom"
    ),
    "part": (
        "door* window* tap taps sink basin bath bathtub shower cistern flush socket* switch* light* bulb* "
        "lock* latch hinge* handle* gutter* downpipe roof* tile* fence* gate* ceiling* wall* floor* "
        "floorboard* pipe* drain* step* stair* rail* handrail* bannister* banister* alarm* intercom* fan "
        "extractor* vent* cooker oven hob plaster* render brick* chimney* sealant silicone cupboard* worktop* "
        "plug* fuse* wiring wire* electrics radiator* boiler* thermostat* valve* stopcock meter heater* "
        "letterbox hatch panel* skirting carpet* laminate lino cord pendant"
    ),
    "estate": (
        "bin bins binstore stairwell carpark bay bays parking grass hedge* tree* bush* communal block fob "
        "fobs barrier verge garden* lawn path paths pathway courtyard garage* lift lifts lobby corridor shed "
        "sheds bike* entry entrance mow* cleaning gritting grounds weeds"
    ),
    "heat": (
        "heating heat heater* boiler* radiator* warm water hotwater gas cold freezing thermostat degrees "
        "immersion"
    ),
    "damp": (
        "damp mould* mold* wet leak* drip* flood* condensation fungus fungal mushroom* spores soaked soaking "
        "stain* puddle bucket* buckets"
    ),
    "pest": (
        "rat rats mouse mice cockroach* pigeon* wasp* ant ants bedbug* maggot* fox foxes seagull* gull* "
        "infest*"
    ),
    "danger": (
        "danger* unsafe hazard* fire smoke spark* shock gas collaps* emergency asbestos carbon exposed "
        "trapped injur* hurt fell fallen trip tripped electrocut* explosion sewage"
    ),
    "broken": (
        "broken broke bust* snapped cracked crack* leaking jammed stuck blocked failed failing faulty fault* "
        "smashed loose rotten rotting rusted rusty wobbl* split torn dead fallen hanging collapsed off out "
        "knackered kaput goosed gone"
    ),
    "repair": (
        "repair* fix* mend* replac* renew* install* fit fitted fitting plumb* decorat* paint* treat* patch* "
        "bodge* botch* job jobs work works worked"
    ),
    # reporting and coming
    "report": (
        "report* rang ring rung ringing phone* phoned call called calling calls email* emailed wrote write "
        "written writing told tell telling mention* logged log chase* chased chasing contact* message* "
        "complain* inform* text texted raised raise notified notify flagged spoke spoken asked nagg* pester* "
        "reminded remind*"
    ),
    "answer": (
        "answer* reply replied replies respond* response* acknowledg* callback returned"
    ),
    "visit": (
        "came come comes coming visit* attend* turned turn showed shows arrive* appear* appointment* slot "
        "slots inspect* seen"
    ),
    "wait": (
        "wait* stayed sat sitting standing queue* hold delayed delay* dragg* patien*"
    ),
    "miss": (
        "missed noshow cancelled canceled cancel* rescheduled postponed rebooked fobbed ignored ignore* "
        "ignoring forgot* forgotten lost overlooked neglect*"
    ),
    "promise": (
        "promis* supposed meant ment assured guarantee* due agreed said says saying claim* claimed"
    ),
    "again": (
        "again another repeatedly repeat* twice thrice keeps keep kept everytime constantly always continual* "
        "recurr* returned reappear* back"
    ),
    "still": (
        "still yet remains remain ongoing unresolved outstanding unfinished incomplete"
    ),
    "ordinal": (
        "second third fourth fifth sixth seventh eighth ninth tenth umpteenth 2nd 3rd 4th 5th 6th 7th 8th 9th "
        "10th 11th 12th final latest"
    ),
    "number": (
        "one two three four five six seven eight nine ten eleven twelve fifteen twenty dozen couple several "
        "few many countless"
    ),
    "span": (
        "day days week weeks wk wks month months mth mths year years yr yrs fortnight winter winters summer* "
        "hour hours hrs night nights morning mornings weekend"
    ),
    "month": (
        "january february march april june july august september october november december jan feb mar apr "
        "jun jul aug sep sept oct nov dec easter christmas xmas whitsun spring autumn"
    ),
    "weekday": (
        "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed weds thu thur thurs fri "
        "sat sun"
    ),
    "past": (
        "ago since last previous* earlier before already originally began started start"
    ),
    "now": (
        "today now tonight yesterday just noticed suddenly recently newly"
    ),
    "first": (
        "first firstly initial"
    ),
    "late": (
        "late overdue deadline* expired passed exceeded working"
    ),
    # feelings
    "anger": (
        "disgust* disgrace* appall* shocking shambles joke ridiculous pathetic useless furious fuming angry "
        "livid unacceptable outrag* scandal* shame* shameful incompeten* rubbish thieves liar* lies lied "
        "farce circus insult* laughable idiots clowns cowboys diabolical atrocious abysmal negligen* criminal "
        "bloody damn sick fed"
    ),
    "sad": (
        "disappoint* unhappy upset* dissatisf* frustrat* distress* stress* unfair* concerned worried worry* "
        "anxious fault wrong poor tired exhausted desperate crying cried tears suffer* unwell misery "
        "miserable humiliat* ashamed embarrass*"
    ),
    "rude": (
        "rude* laughed laughing shouted shouting swore swearing attitude patronis* dismissive smirk* racist "
        "discriminat* bully* bullied aggressive threatening intimidat* disrespect* unprofessional sneer* hung "
        "mocked"
    ),
    "praise": (
        "brilliant lovely wonderful gem star credit legend fantastic terrific excellent superb compliment* "
        "praise* kindness kind patient amazing pleasure helpful delight* hero best cheerful courteous polite "
        "friendly gentle considerate marvellous smashing splendid tremendous champion treasure angel "
        "impressed spotless tidy efficient professional perfect immaculate nice great grand marvel smile* "
        "smiling beautiful beautifully"
    ),
    "thanks": (
        "thank* thanks thx ta cheers appreciate* grateful obliged diolch bless"
    ),
    "sorry": (
        "sorry apolog* regret* excuse forgive pardon"
    ),
    "pleased": (
        "happy glad pleased satisfied content delighted relieved chuffed"
    ),
    # asking
    "please": (
        "please pls plz plse kindly"
    ),
    "could": (
        "could can would will may might shall possible possibly wonder* able"
    ),
    "want": (
        "want* need* wish* expect* demand* require* request* like hope hoping prefer seek* insist*"
    ),
    "arrange": (
        "arrange* book* send sent order* organise* sort sorted provide* supply add change* update* remove "
        "move transfer put take give bring collect"
    ),
    "permit": (
        "permission allowed permitted consent licence license approve* approval rule* rules"
    ),
    "form": (
        "form forms apply application* certificate* copy copies document* documents paperwork letter letters "
        "statement* lease tenancy agreement proof id pack"
    ),
    "question": (
        "who what when where why how which"
    ),
    "know": (
        "know wonder wondering query enquiry question* curious information advise find"
    ),
    "explain": (
        "explain* explanation reason* why justify justif* account accountable responsible responsibility"
    ),
    # outcomes
    "decision": (
        "decision* decided outcome* finding* findings conclusion* conclude* upheld uphold verdict ruling "
        "stage response resolution"
    ),
    "reject": (
        "reject* disagree* dispute* refuse* refus* contest challenge* unsatisf* unacceptable disput* object"
    ),
    "accept": (
        "accept* agree agreed agreeable fine okay ok fair settle* settled happy content satisfied"
    ),
    "review": (
        "appeal* review* reconsider* reopen* reexamin* relook panel hearing overturn* escalat* further next"
    ),
    "stage": (
        "stage level tier step"
    ),
    "close": (
        "close* closed closing withdraw* withdrew drop dropped forget finished finish end ended conclude* "
        "settled resolved"
    ),
    "extend": (
        "extension* extend* longer extra until till"
    ),
    "confirm": (
        "confirm* correct right exactly yes yep yeah spot accurate"
    ),
    "amend": (
        "amend* correction* mistake* error* wrong misspelt instead missing omitted left"
    ),
    "evidence": (
        "photo* photos pic pics picture* video* attach* attached enclosed enclose* receipt* invoice* "
        "screenshot* recording* diary evidence witness* proof scan log"
    ),
    "news": (
        "news update* progress happening wondering heard hear word"
    ),
    "available": (
        "available free afternoon* mornings access key keys suits convenient"
    ),
    # money
    "money": (
        "money pound* pounds quid cost* costs paid pay paying payment* payments price* bill bills billed "
        "cheque refund* owed owe owing debt arrears credit deposit fee fees"
    ),
    "charge": (
        "rent rents charge charges charged charging increase* tax insurance"
    ),
    "compensate": (
        "compensat* reimburs* damages refund* goodwill redress recompense"
    ),
    # people at risk
    "ill": (
        "asthma* copd chest hospital* doctor* gp nurse midwife pregnan* expecting disab* wheelchair* dialysis "
        "cancer stroke oxygen autis* epilep* depress* anxiety carer* elderly frail dementia blind deaf "
        "arthrit* ill illness poorly sick health medical inhaler* breathing infection* surgery operation "
        "condition"
    ),
    "harm": (
        "abus* violen* suicid* threaten* threat* attack* assault* police refuge stalk* afraid scared "
        "frightened bruise* bruised scream* screaming hit hitting overdose"
    ),
    "noise": (
        "noise* noisy music bass drum* bark* barking party parties loud shouting banging"
    ),
    "crime": (
        "drug* drugs weed cannabis deal* dealing dealer* burgl* stole stolen theft vandal* asb antisocial "
        "arson"
    ),
    # other people's business
    "sell": (
        "offer* demo brochure* webinar* platform solution* software product* discount* sponsor* partner "
        "partnership* supplier* procurement tender* quotation* quote* portfolio services clients client "
        "business sales marketing newsletter unsubscribe subscribe invoice* remittance ledger"
    ),
    "jobs": (
        "vacanc* cv apprentice* recruit* interview* placement candidate* volunteer* career* applicant* "
        "employer"
    ),
    "event": (
        "fete raffle fair festival concert choir club clubs meeting meetings poster* event events party "
        "barbecue lunch workshop charity fundrais* hospice church chapel parish committee society newsletter "
        "magazine football exhibition heritage museum history competition"
    ),
    "study": (
        "survey* questionnaire* research* study student* dissertation university school college journalist* "
        "reporter press media article podcast interview*"
    ),
    "rights": (
        "gdpr foi sar dsar freedom data article"
    ),
    "elsewhere": (
        "bus buses pothole* road* roadworks streetlight* lamppost* council highway* recycling parcel* "
        "delivery delivered courier sofa order orders shop store hotel caravan holiday booking dentist* "
        "podiatry optician vet clinic vaccin* broadband wifi internet train trains pub restaurant tyre* pcn "
        "fine* passport library museum mortgage bank valuation"
    ),
    "scheme": (
        "scheme policy policies procedure* leaflet opening hours website online portal app"
    ),
    "compare": (
        "better worse best worst than"
    ),
}  # fmt: skip
_KEPT = frozenset([
    "i", "me", "my", "we", "our", "us", "you", "your", "yours", "ur", "he", "she", "they", "them", "his", "her",
    "their", "it", "its", "this", "that", "these", "those", "not", "no", "dont", "didnt", "doesnt", "hasnt",
    "havent", "hadnt", "isnt", "arent", "wasnt", "werent", "wont", "cant", "cannot", "couldnt", "wouldnt",
    "shouldnt", "aint", "but", "if", "because", "so", "although", "though", "unless", "however", "and", "or",
    "should", "must", "have", "has", "had", "been", "is", "are", "was", "were", "do", "did", "any", "some",
    "all", "every", "only", "even", "also", "too", "more", "other", "else", "different", "about", "for", "from",
    "to", "with", "by", "without",
])  # fmt: skip
_NEGATED = frozenset([
    "not", "no", "dont", "didnt", "doesnt", "hasnt", "havent", "hadnt", "isnt", "arent", "wasnt", "werent",
    "wont", "cant", "cannot", "couldnt", "wouldnt", "aint", "without",
])  # fmt: skip
_PAIRED = frozenset(["you", "your", "i", "my", "if", "but", "he", "she", "they"])
_ENDS = {".": "stop", "?": "ask", "!": "cry"}  # of a sentence

_EXACT: dict[str, tuple[str, ...]] = {}
_STEMS: dict[str, tuple[str, ...]] = {}
for _name, _words in _TABLE.items():
    for _word in _words.split():
        _of = _STEMS if _word.endswith("*") else _EXACT
        _key = _word.rstrip("*")
        if _name not in _of.get(_key, ()):
            _of[_key] = (*_of.get(_key, ()), _name)

_WORD = re.compile(r"[a-z0-9£]+|[?!.]")


def concepts_of(word: str) -> tuple[str, ...]:
    """The concepts of a word in plain form, at most two, () for one that has none."""
    if found := _EXACT.get(word):
        return found[:2]
    for end in range(len(word), 2, -1):
        if found := _STEMS.get(word[:end]):
            return found[:2]
    return ()


@lru_cache(maxsize=8_000)  # a mail brings less than one new word once so many are known
def _heard(word: str) -> tuple[str, tuple[str, ...]]:
    """What a word is in the sequence, "" for nothing, and what it is in pairs."""
    if found := concepts_of(word):
        return found[0].upper(), found
    if word.startswith("some"):
        return word, (word,)
    if word in _NEGATED:
        return "not", ("not",)
    if word in _KEPT:
        return word, (word,) if word in _PAIRED else ()
    return "", ()


def speak(text: str) -> tuple[str, str]:
    """`text` (plain, numbers named) in concepts: the sequence, and the pairs that share a sentence."""
    said: list[str] = []
    pairs: list[str] = []
    here: set[str] = set()
    for word in _WORD.findall(text):
        if ends := _ENDS.get(word):
            pairs.extend(f"{a}+{b}" for a, b in combinations(sorted(here), 2))
            here.clear()
            said.append(ends)
            if word == "?":
                pairs.append("?")
            continue
        heard, in_pairs = _heard(word)
        if heard:
            said.append(heard)
            here.update(in_pairs)
    pairs.extend(f"{a}+{b}" for a, b in combinations(sorted(here), 2))
    return " ".join(said), " ".join(pairs)
