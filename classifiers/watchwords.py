"""The table of watchwords: patterns whose presence in a mail raises a flag (`classifiers.sentinels` reads them).

Recall comes first. A false alarm costs a person half a minute; a missed gas leak is not paid for with money.
Still, a word that everybody writes ("gas check", "Jubilee Court", "electric bill") must not ring the duty
phone all day, so a watchword may ask for company (`near`: anywhere in the mail) and may be silenced by a
denial right before it ("there is no smell of gas"), where a denial can be told for certain.

Patterns are matched against `words.plain(text)`.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.casework.vocabulary import Flag

# Somebody who cold, damp or being cut off hurts more than others.
AT_RISK = (
    r"\b(?:bab(?:y|ies)|newborns?|infants?|toddlers?|twins|bairns?|(?:little|wee|"
    r"young) (?:one|ones|boy|girl|lad|kids?)|children|"
    r"child|childs|kids?|months? old|weeks? old|days? old|\d+ ?(?:yr|year|month|mth|wk|week|"
    r"day)s? ?olds?|my (?:lad|son|daughter|girl|boy|two|grandson|"
    r"granddaughter|grandkids)|pregnan\w+|expecting|maternity|elderly|pensioner|oap|frail|"
    r"(?:age[d]?|is|shes|hes|am|im|are) (?:a )?(?:[6-9]\d|10\d)\b|[6-9]\d "
    r"years|has [6-9]\d|8\ds?|9\ds?|disab\w+|wheel ?chair|power ?chair|dialysis|cancer|"
    r"chemo\w*|asthma\w*|copd|emphysema|oxygen|"
    r"nebuli[sz]er|inhalers?|pump|chest|lungs?|heart|stroke|lupus|kidneys?|diabet\w+|sickle|"
    r"crohns|arthritis|raynauds|ill|poorly|sick|unwell|hospital|"
    r"doctors?|gp|nurse|midwife|consultant|(?:my|old|the) (?:mum|mam|mom|mother|dad|father|"
    r"nan|nana|gran|granny|grandma|grandad|"
    r"grandfather|grandmother|aunt|uncle)|carers?|dementia|alzheimers|autis\w*|down'?s|"
    r"disease|condition|ventilator|epilep\w*|breath\w*|"
    r"mobility|vulnerable|medication|insulin|morphine|clinically)\b"
)


@dataclass(frozen=True)
class Watchword:
    """A pattern that raises `flag`. `near` must be found too, anywhere; `deniable` hits fall to a denial right
    before them. A `hint` is too common to ring by itself: it raises the flag where the model holds it possible. A
    `broad` one rings unless the model holds it all but impossible (`Limits.doubt`): "fire door" in an order for
    a hinge, "stage 2 of the cladding works"."""

    flag: Flag
    name: str
    pattern: str
    near: str = ""
    deniable: bool = False
    hint: bool = False
    broad: bool = False


_H, _S, _L, _O, _M = (
    Flag.URGENT_HAZARD, Flag.SAFEGUARDING, Flag.LEGAL_ACTION, Flag.OMBUDSMAN, Flag.MP_OR_COUNCILLOR,
)  # fmt: skip
_OFF = (
    r"(?:(?:no|without|not (?:had|got|any)|havent (?:had|got)|(?:\w+ )?(?:days?|weeks?|wks?|"
    r"nights?|months?) (?:no|without)) (?:any )?(?:\w+ (?:or|and|nor) )?"
    r"(?:heat(?:ing|ers?)?|hot water|boiler|warm|radiators?|electric(?:ity|s)?|power|lekky|"
    r"leccy|gas|water|cooker)"
    r"|since (?:we|i|she|he|they) (?:last )?(?:had|have had) (?:any )?(?:heating|hot water|"
    r"electric\w*|water|gas)|cold food"
    r"|(?:heat(?:ing|ers?)?|hot water|boiler|radiators?|electric(?:ity|s)?|power|water|meter|"
    r"fuse box|outage)\b[^.?!]{0,45}\b(?:off|out|dead|gone|broke(?:n|\b)?|bust|"
    r"failed|fails|kaput|packed (?:up|in)|cut (?:off|us|out)|not (?:work|com)\w*|isnt (?:work|"
    r"com)\w*|wont (?:come|work|fire|start)|stone cold|down|"
    r"condemned|disconnected|capped|f\d\d|fault|locked out|doesnt (?:work|come)|"
    r"does not (?:work|come)|never (?:works?|come)))"
)

WATCHWORDS: tuple[Watchword, ...] = (
    # ---------------------------------------------------------------- hazard
    Watchword(
        _H,
        "gas",
        r"\b(?:smell\w*|smelt|stink\w*|reek\w*|whiff|leak\w*|escap\w+|"
        r"hiss\w*)\b[^.?!]{0,25}\bgas\b|\bgas\b[^.?!]{0,25}\b(?:smell\w*|"
        r"leak\w*|escape|odour|stink\w*|fumes)\b|\bsmell round the meter|\bgas (?:bottle|canister|"
        r"cylinder)s\b|\bcalor\b",
        deniable=True,
    ),
    Watchword(
        _H,
        "gas, by what it smells of or where",
        r"\b(?:eggy|rotten eggs?|bad eggs?|sulphur\w*)\b|\b(?:smell\w*|smelt|whiff|stink\w*|reek\w*|odours?)\b"
        r"[^.?!]{0,40}\b(?:meter|hob|cooker|boiler|oven)\b",
        deniable=True,
        broad=True,
    ),
    Watchword(
        _H,
        "carbon monoxide",
        r"\bcarbon mon\w+|\bmonoxide\b|\bco2? (?:alarm|detector|leak|poison\w*)|\bfumes\b|"
        r"\bflue\b[^.?!]{0,40}\b(?:disconnect\w*|"
        r"loose|broken|under|blocked|off)\b",
        deniable=True,
    ),
    Watchword(
        _H,
        "electric danger",
        r"\bspark(?:s|ed|ing|y)?\b|\b(?:bare|exposed|live|loose|hanging|chewed|frayed|burnt|"
        r"melted) (?:\w+ ){0,2}(?:wires?|wiring|cables?|electrics?|"
        r"busbar|sockets?|conductors?)\b|\bwires? (?:\w+ ){0,3}(?:hanging|showing|exposed|"
        r"sticking|bare|out)\b|\b(?:electric )?shock(?:s|ed)?\b(?= (?:off|from|when|of|through))"
        r"|\belectrocut\w+|\b(?:socket|plug|switch|fuse ?box|consumer unit|lights?|spotlights?|"
        r"spur)\b[^.?!]{0,50}\b(?:burn\w*|brown mark|black|scorch\w*|melt\w*|smok(?:e|ing)|"
        r"buzz\w*|crackl\w*|fizz\w*|trip\w*|flicker\w*|hot|bang)\b|\belectrics? (?:keep|"
        r"kept)\w* tripp\w+|\btripped the electrics?\b|\boverhead cable\b|\bpower lines?\b",
        deniable=True,
    ),
    Watchword(
        _H,
        "water and electrics",
        r"\b(?:water|leak\w*|drip\w*|rain|wet)\b[^.?!]{0,90}\b(?:light(?:s|ing| fitting)?|"
        r"electrics?|socket|fuse ?(?:box|cupboard|board)|spotlights?|consumer unit|electric\w* meter)\b"
        r"|\b(?:light(?: fitting)?|electrics?|socket|fuse ?box|"
        r"spotlights?)\b[^.?!]{0,60}\b(?:water|leak\w*|drip\w*|wet|soak\w*)\b|\b(?:turned|"
        r"switched|turn) (?:the |it |all |my )*(?:electrics?|electricity|light|"
        r"it)? ?off at (?:the )?(?:fuse|board|mains|box)",
        broad=True,
    ),
    Watchword(
        _H,
        "collapse",
        r"\b(?:ceilings?|roof|chimney|balcon(?:y|ies)|joists?|railings?|handrail|"
        r"banisters?|scaffold\w*|concrete|masonry|bricks?|coping|fascia|canopy|"
        r"floor(?:boards?)?)\b[^.?!]{0,50}\b(?:collaps\w+|c[ao]me (?:down|off|away)|"
        r"coming (?:down|away|off|in)|"
        r"fell|fallen|falling|fall|hanging|sagging|bulg\w+|bowing|bowed|lean(?:s|ing)|giving way|"
        r"gave way|given way|caved?|rott(?:en|ed|ing)|unstable|unsafe|dangerous|detached|not safe|"
        r"gone again|lifted off)\b"
        r"|\b(?:(?:come|came|coming)\b(?! to (?:my|our|see|the) )|(?:fell|falling|fallen|brought|broken?|"
        r"down)\b)[^?!]{0,40}\bceiling\b|\bceiling\b[^?!]{0,25}\bdown\b|\bcollaps\w+|\bcav(?:ed|"
        r"ing) in\b|\bsubsid(?:ence|ed|es|ing)\b|\bstructural\w*|\bbulge in\b|\b(?:lump|piece|chunk|"
        r"bit)s? of (?:concrete|masonry|brick|balcony|ceiling|render|plaster)\b"
        r"|\bconcrete lump|\bhole in (?:the|my|our) (?:\w+ )?(?:floor|ceiling)\b|\b(?:foot|"
        r"leg) (?:went|gone|has gone) (?:straight )?through\b|\btree\b[^.?!]{0,40}\b(?:down on|"
        r"wire|cable)|\bretaining wall\b|\bstepped crack",
        broad=True,
    ),
    Watchword(
        _H,
        "loose, broken or leaning",
        r"\b(?:ceilings?|plaster|walls?|roof|stairs?|steps?|tread|fence|render|tiles?|porch|"
        r"lintel|window|gate|tree|branch\w*|barrier|railings?|handrail|"
        r"ramp)\b[^.?!]{0,50}\b(?:collaps\w+|c[ao]me (?:down|off|away)|coming (?:down|away|off|"
        r"in)|fell|fallen|falling|fall|dropp\w+|hanging|lean(?:s|ing)|"
        r"wobbl\w+|unsafe|dangerous|shift\w*|mov(?:es|ed|ing)|crack(?:s|ing|ed)?|broke me|"
        r"broke tread|went from under|held up|slipp\w+|through)\b|\b(?:broken|loose|"
        r"broke) (?:back )?(?:step|steps|stair|stairs|tread|handrail|railing)s?\b",
        hint=True,
    ),
    Watchword(
        _H,
        "fire safety",
        r"\bfire (?:doors?|exits?|alarms?|panel|stopping|hazard|trap)\b|\b(?:smoke|heat) (?:alarm|"
        r"detector)s?\b[^.?!]{0,50}"
        r"\b(?:no|none|missing|not|dead|without|zero|removed|broken|nothing|havent|hasnt|isnt|"
        r"never|gone|hanging|off)\b|\b(?:no|zero|without|missing|not (?:one|"
        r"a single)) (?:working )?(?:smoke|heat|fire) (?:alarm|detector)s?\b"
        r"|\bzero smoke|\bwaking watch\b|\b(?:on|caught|catch(?:es)?|set) fire\b|\bif there(?:s|"
        r" is) (?:ever )?a (?:\w+ )?fire\b|\b(?:dry|wet) riser\b|\briser\b[^.?!]{0,40}\b(?:hole|"
        r"open|mattress|cupboard|lock)\b|"
        r"\bemergency light\w*|\b(?:only|one|single) stair\w*|\b(?:e ?-?bikes?|scooters?|"
        r"delivery bikes)\b[^.?!]{0,60}\bcharg\w+|\bcharg\w+\b[^.?!]{0,40}\be ?-?bikes?|\bpeep\b|"
        r"\bbbq\b[^.?!]{0,60}\bbalcony\b|\bbarbecue\b[^.?!]{0,60}\bbalcony\b|\barson\b|"
        r"\bsmell (?:of )?(?:burning|smoke)\b"
        r"|\b(?:burning|smoke) smell\b|\bburn you\b|\b(?:back|"
        r"only) stairs\b[^.?!]{0,60}\b(?:block|matt?ress|pushchair|fridge)",
        broad=True,
    ),
    Watchword(
        _H,
        "fire, in passing",
        r"\bfire (?:escape|risk|extinguisher|safety|engine|brigade|service|evacuation)\b|"
        r"\bcladding\b|\bevacuat\w+|\bsprinkler\w*\b|\bcompartment\w*|"
        r"\balarm\b[^.?!]{0,60}\b(?:gone off|going off|went off|false|nothing went|silent)\b|"
        r"\bno alarm\b",
        hint=True,
    ),
    Watchword(
        _H,
        "trapped",
        r"\b(?:stuck|trapped|shut|stranded|locked)\b[^.?!]{0,30}\b(?:lift|elevator|in (?:the|my|"
        r"our) (?:flat|home|house|room|bathroom)|floor|inside|upstairs|indoors)\b|\bentrap\w+|"
        r"\blocked (?:out|in)\b[^.?!]{0,40}\b(?:baby|child|kid|toddler|asleep|oven|hob|cooker)"
        r"|\b(?:stuck|trapped)\b[^?!]{0,20}\b(?:minutes|mins|hours?|screaming)\b|"
        r"\bnot been (?:outside|past|out|downstairs)\b|\bcant get (?:out|down)(?: of)?\b",
        broad=True,
    ),
    Watchword(
        _H,
        "lift and somebody who cannot walk",
        r"\blifts?\b[^.?!]{0,70}\b(?:off|out|down|broke\w*|dead|stopped|not working|packed|again|"
        r"gone|failed|outages?|fault\w*|isnt|stuck|days?)\b",
        near=r"\b(?:wheel ?chair|power ?chair|oxygen|dialysis|frame|crutch\w*|leg off|amput\w*|"
        r"cant (?:walk|do stairs|manage)|hip|knees?|double a\w*|carry|carried|ventilator|"
        r"non verbal|disab\w+|stroke|copd|pregnan\w+|housebound|8\d|9\d|prisoner|carers?|stick)\b",
        broad=True,
    ),
    Watchword(
        _H,
        "no heat, water or power, and somebody at risk",
        rf"\b{_OFF}\b",
        near=AT_RISK,
        broad=True,
    ),
    Watchword(
        _H,
        "cold, and somebody at risk",
        r"\b(?:freez(?:ing|es)|frozen|stone cold|so cold|still cold|perishing|hypotherm\w*|"
        r"blue (?:lips|hands)|see (?:my|our|your|her|his) breath|in (?:\w+ )?(?:coats?|cardigans?|"
        r"hats?|gloves|blankets?)|sleep\w* in (?:\w+ )?(?:coat|clothes)|[1-9](?:\.\d)?"
        r" ?(?:degrees|deg|°)|1[0-3](?:\.\d)? ?(?:degrees|deg|°)|(?:flat|house|room|place) is cold)",
        near=AT_RISK,
        broad=True,
    ),
    Watchword(
        _H,
        "no power or water at all",
        r"\b(?:sat|sitting|living|been|left|are|is|im|am) in (?:the|total|pitch|complete) (?:dark|"
        r"black)|\bno (?:electric(?:ity|s)?|power|running water|water|toilet|lights?) (?:at all|"
        r"since|for|again|in|on|day|anywhere)|\bget the electric on|\belectric\w* in (?:his|her|"
        r"my|the|our) \w+ (?:has been|is|been) off|\bno water\b|\bonly (?:one|"
        r"toilet) [^.?!]{0,40}\bblocked\b|\btoilet\b[^.?!]{0,50}\bonly (?:one|toilet)\b",
        broad=True,
    ),
    Watchword(
        _H,
        "damp with illness or small children",
        r"\b(?:mou?ld\w*|damp|black (?:stuff|spots?|patch\w*|on all the wall|wall)|fung\w+|"
        r"spores?|mushrooms?|wet walls?|walls? (?:is |are )?(?:wet|black|soaking)|condensation)\b",
        near=r"\b(?:asthma\w*|copd|chest\w*|hospital\w*|admitted|a&e|inhalers?|blue pump|breath\w*|"
        r"wheez\w*|cough\w*|croup|bronch\w*|pneumon\w*|infections?|lungs?|nebuli[sz]er|steroid\w*|"
        r"baby|babies|newborn|midwife|pregnan\w+|expecting|months? old|weeks old|cot|toddler|"
        r"twins|eczema|ill|poorly|sick|"
        r"doctor|gp|immun\w+|hospitalised|allerg\w+|cancer|kidney|transplant|health|kids|child\w*|"
        r"son|daughter|little ones?|grand(?:son|daughter|kids))\b",
        broad=True,
    ),
    Watchword(
        _H,
        "sewage, sharps, asbestos, vermin",
        r"\bsewage\b|\b(?:human waste|raw waste|excrement|faeces)\b|\b(?:comes?|came|coming|"
        r"back(?:s|ed|ing)?) (?:back )?up (?:in|into|through|out of) (?:the|my|our) (?:shower|"
        r"bath|sink|toilet|loo|drain)|\bneedles?\b|\bsyringes?\b|\bsharps\b|\basbest\w+|\bartex\b|"
        r"\bchrysotile\b|\btextured ceiling|\blegionella\b|\bchewed through (?:the|a|my) (?:cable|"
        r"wire)",
        broad=True,
    ),
    Watchword(
        _H,
        "call alarm",
        r"\b(?:pull|red|emergency|alarm|bathroom)[- ]?cords?\b|\bpendants?\b(?! (?:light|lamp|fitting|drop|"
        r"shade))|\b(?:tele ?care|"
        r"warden call|call alarm|lifeline|bed sensor|door sensor|fall alarm|community alarm)\b|"
        r"\bcord\b[^.?!]{0,60}\b(?:dead|nobody|doesnt|not work\w*|rings)\b",
        broad=True,
    ),
    Watchword(
        _H,
        "home not secure",
        r"\b(?:still )?(?:has|have|got|holds) (?:\w+ ){0,3}keys?\b|\b(?:front |back |main |"
        r"street |communal |block )?door\b[^.?!]{0,40}\b(?:wont (?:lock|shut|close)|"
        r"doesnt (?:lock|shut|close)|does not (?:lock|shut|close)|not lock\w*|hasnt locked|"
        r"never locks|cant (?:lock|be locked)|kicked in|no lock)\b",
        near=r"\b(?:ex|partner|husband|refuge|abus\w+|violen\w+|police|attack\w*|threat\w*|bail\w*|"
        r"stalk\w*)\b",
        broad=True,
    ),
    Watchword(
        _H,
        "flooding",
        r"\b(?:flood(?:ed|ing|s)?|pouring|gushing|burst (?:pipe|tank|main)|pipe (?:has |"
        r"had )?burst|cascad\w+|water (?:\w+ )?(?:through|down|everywhere|coming in))\b",
        hint=True,
    ),
    Watchword(
        _H,
        "injury at home",
        r"\b(?:fractur\w+|broken (?:wrist|ankle|arm|leg|hip)|broke (?:my|her|his) (?:wrist|ankle|"
        r"arm|leg|hip)|slipp?ed (?:on|down)|trip hazard|tripp(?:ed|ing) (?:on|over)|will (?:be|"
        r"get) (?:killed|hurt|injured)|someone (?:is going to|will|could) (?:die|get (?:hurt|"
        r"killed))|death ?trap|accident waiting)\b",
        hint=True,
    ),
    Watchword(
        _H,
        "fall from a window or a height",
        r"\b(?:restrictors?|window locks?|child locks?)\b|\bwindows?\b[^.?!]{0,60}\b(?:opens? (?:all the way|"
        r"right|wide|fully)|no (?:glass|restrictor|lock|catch)|fall out|falling out|climb\w*)|"
        r"\bno glass in\b|"
        r"\bcould (?:fall|climb) (?:out|over|through)\b",
        near=r"\b(?:child\w*|kids?|toddler|baby|little (?:one|boy|girl|lad)|son|daughter|two|three|four|"
        r"autis\w*|"
        r"floor|storey|high|climb\w*)\b",
    ),
    Watchword(
        _H,
        "propped up",
        r"\b(?:held|propped|shored|kept) up (?:by|with|on)\b|\bholding (?:it|them|the \w+|my \w+) up\b|"
        r"\bshor(?:ed|ing)\b|"
        r"\bacrows?\b|\b(?:steel|metal|timber|wood\w*|adjustable|scaffold\w*) (?:props?|poles?)\b|"
        r"\b(?:props?|poles?|planks?) (?:under|beneath|below|against|in (?:my|our|the))\b|"
        r"\bwedged (?:\w+ ){1,4}under\b",
        near=r"\b(?:walls?|ceilings?|roof|balcon\w+|floors?|beams?|lintel|porch|stair\w*|chimney|canopy|bay|"
        r"fence)\b",
        broad=True,
    ),
    Watchword(
        _H,
        "come off in the hand, or given way",
        r"\bc[ao]me (?:off|away|out) in (?:my|his|her|the|our) hands?\b|\b(?:gives?|gave|given|giving) way\b|"
        r"\bwent from (?:under|beneath)\b|\b(?:foot|leg|hand|fist)(?:s)? (?:\w+ ){0,2}through\b|"
        r"\bgaffer tape\b|"
        r"\b(?:wall|floor|stairs?|step|tread|rail|banister)\b[^.?!]{0,30}\b(?:spongy|bounc\w+|moves?|rocks?|"
        r"tips?|gives)\b",
        hint=True,
    ),
    Watchword(
        _H,
        "a machine that somebody lives by",
        r"\b(?:(?:home|on|his|her|my) oxygen|oxygen (?:at home|concentrator|machine|bottles?|cylinders?|"
        r"supply|therapy)|"
        r"concentrator|ventilator|nebuli[sz]er|dialysis|feeding pump|suction|cpap|profiling bed|"
        r"pressure mattress|"
        r"(?:ceiling |track )?hoist|stair ?lift|air mattress)\b",
        near=r"\b(?:electric\w*|power\w*|supply|meter|trip(?:s|ped|ping)?|fuse|outage|credit|damp|mou?ld\w*|"
        r"water|wet|cold|heating|unfit|smok\w+|lifts?)\b",
        broad=True,
    ),
    Watchword(
        _H,
        "signs of carbon monoxide",
        r"\bflame\b[^.?!]{0,30}\b(?:yellow|orange)\b|\b(?:yellow|orange) flame\b|\bsoot\w*\b|\bpilot light\b|"
        r"\b(?:headaches?|heads|dizzy|sick|drowsy)\b[^?!]{0,80}\b(?:boiler|gas fire|flue|better (?:when|"
        r"outside|out))\b|"
        r"\bboiler\b[^?!]{0,80}\b(?:headaches?|dizzy|drowsy)\b",
        broad=True,
    ),
    Watchword(
        _H,
        "electric, in passing",
        r"\btingl\w+\b|\bbuzz\w*\b[^.?!]{0,40}\b(?:socket|switch|board|box|light)\b|\b(?:bang|"
        r"pop)s?\b[^.?!]{0,40}"
        r"\b(?:plug|socket|electric\w*|lights?)\b|\b(?:one|an?) extension (?:lead|cable)\b|\bred hot\b|"
        r"\bwarm to (?:the )?touch\b|"
        r"\b(?:keeps?|kept) tripping\b|\bmade safe\b|\bmake (?:it|them|this|that|the \w+) safe\b",
        hint=True,
    ),
    Watchword(
        _H,
        "a danger as officials name it",
        r"\bcategory (?:1|one) hazard\b|\bhhsrs\b|\bimminent (?:risk|danger)\b|\bimmediate (?:risk|danger)\b|"
        r"\b(?:prohibition|improvement|enforcement|hazard awareness) notice\b|"
        r"\bunfit for (?:human )?habitation\b|"
        r"\b(?:un)?fit (?:for (?:him|her|them|us|a \w+)|to (?:live|sleep|sit|be)) (?:in|to)?\b|"
        r"\bnot fit (?:for|to)\b|"
        r"\b(?:risk|harm|danger|detriment\w*) to (?:\w+ ){0,3}(?:health|safety|life)\b|"
        r"\bshouldnt be (?:sleeping|living)\b|"
        r"\bshould not be (?:sleeping|living)\b|\bemergency (?:works?|remedial|temporary|accommodation)\b",
        broad=True,
    ),
    Watchword(
        _H,
        "a danger as officials name it, in passing",
        r"\benvironmental health\b|\bawaabs law\b|\briddor\b|\b(?:temporary|alternative) accommodation\b|"
        r"\bdecant\w*\b|"
        r"\b(?:admitted|hospitali[sz]ed|casualty|a&e|ambulance)\b|\bconsultant\b|\brespiratory\b|"
        r"\bpaediatric\w*\b",
        hint=True,
    ),
    Watchword(
        _H,
        "slippery or tripping",
        r"\b(?:slipp(?:y|ery|ed|ing)|like (?:ice|glass|an ice rink)|black ice|went (?:over|down|flying) on|"
        r"(?:fell|fallen|trip\w*) (?:on|over|down)|broken (?:step|slab|paving)|loose (?:step|slab|paving|"
        r"board)s?)\b",
        hint=True,
    ),
    Watchword(
        _H,
        "an alarm that stayed silent",
        r"\b(?:alarms?|detectors?|sounders?|panel)\b[^.?!]{0,40}\b(?:nothing|silent|(?:didnt|did not|never|"
        r"hasnt|"
        r"doesnt|wont|not) (?:\w+ )?(?:go(?:ne)?|went|sound|ring|work|make)\w*|fault|dead|disabled|"
        r"switched off)\b|"
        r"\bnothing went off\b|\b(?:no|without an?) (?:fire |smoke )?alarms?\b",
        broad=True,
    ),
    Watchword(
        _H,
        "piled high, with a flame near",
        r"\b(?:stacked|piled|stuff|rubbish|papers?|newspapers|boxes)\b[^.?!]{0,30}\b(?:to|up to) (?:the |my |"
        r"his |"
        r"her )?(?:ceiling|shoulder|roof|chest)|\bburn marks?\b|\bscorch\w*\b|"
        r"\bcandles?\b[^.?!]{0,60}\b(?:light|power|"
        r"electric\w*|dark)",
        hint=True,
    ),
    Watchword(
        _H,
        "coats in bed",
        r"\b(?:coats?|hats?|gloves) on (?:in|indoors|inside|to|at|all)\b|\bwith (?:\w+ ){0,2}coats? on\b|"
        r"\bcan see "
        r"(?:my|our|your|her|his) breath\b",
        near=AT_RISK,
        broad=True,
    ),
    Watchword(
        _H,
        "a wall gone black, and somebody ill",
        r"\b(?:gone|going|goes|turn\w*|went)\b[^.?!]{0,25}\bblack\b|\bblack (?:all |right )?(?:up|down|over|"
        r"on|"
        r"round|behind|in)\b",
        near=r"\b(?:asthma\w*|chest|hospital\w*|inhalers?|pump|breath\w*|wheez\w*|cough\w*|croup|bronch\w*|"
        r"pneumon\w*|infections?|lungs?|nebuli[sz]er|baby|newborn|months? old|weeks? old|cot|toddler|twins|"
        r"ill|"
        r"poorly|doctor|gp)\b",
        broad=True,
    ),
    Watchword(
        _H,
        "said to be dangerous",
        r"\b(?:dangerous|unsafe|isnt safe|is not safe|not safe|are we safe|hazard\w*|danger to|"
        r"emergency (?:repair|plumber|electrician|lot|line|call ?out|24h)|immediately dangerous|"
        r"life (?:at risk|threatening)|risk to life|999)\b",
        deniable=True,
        broad=True,
    ),
    # ---------------------------------------------------------------- a child or adult at risk
    Watchword(
        _S,
        "suicide or self-harm",
        r"\bsuicid\w*|\bself[- ]?harm\w*|\b(?:kill|hang|hurt(?:ing)?|cut(?:ting)?|"
        r"harm(?:ing)?) (?:my|him|her|them)sel(?:f|ves)\b|\bend (?:it all|(?:my|her|his|their) life|"
        r"everything)\b(?! up)|\bbetter off (?:dead|out of|without me|not here)|"
        r"\b(?:not|dont|doesnt|didnt|never) want(?:ed)? to (?:be here|live|wake up|be alive|"
        r"carry on living|go on(?! with))\b|\b(?:whats|what is|wots|no|see the|"
        r"see no) (?:the )?point (?:of |in )?(?:being here|living|going on|of me|in me|"
        r"carrying on|any ?more)\b|\bcant (?:go on|do this any ?more|carry on|cope any ?more|"
        r"take (?:it|any|much) (?:any ?)?more)\b|"
        r"\boverdos\w*|\bod(?:ed| on)\b|\btablets\b[^.?!]{0,40}\b(?:take|took|count\w*|all)\b|"
        r"\b(?:many|all) (?:of )?(?:my |the )?(?:tablets|pills)\b|\bcrisis team\b|"
        r"\bthe samaritans\b|\b(?:stood|standing) on the (?:platform|bridge|roof|edge)\b|"
        r"\bjump(?:ed|ing)? (?:off|in front|from the)\b|\bdark (?:place|thoughts)\b|"
        r"\bi cant do this\b|\blet the handbrake off\b|\b(?:simpler|easier|"
        r"better) (?:for (?:everyone|everybody|all|you) )?if (?:i|the two of us|we|he|"
        r"she) (?:just |did|do|was|were|went|wasnt|werent|let|did not|didnt)\b|\b(?:not|"
        r"never) wake up\b|\bwent where (?:she|he) is\b|"
        r"\bscared of what (?:i|she|he)\b|\bfrightened myself\b|\bno one would (?:even )?notice\b|"
        r"\bwish i (?:was|were) dead\b|\btop myself\b|\bsectioned\b|\bhad enough of (?:life|"
        r"living)\b",
    ),
    Watchword(
        _S,
        "abuse at home",
        r"\bdomestic (?:abuse|violence)\b|\brefuge\b|\bidva\b|\bmarac\b|\bnon[- ]?mol\w*|"
        r"\brestraining order\b|\bcoercive\b|\bdv\b|\bviolent\b|\babus(?:ed|er|ive (?:ex|partner|"
        r"husband|relationship|marriage))\b|\bperpetrator\b|\bstalk(?:s|ed|er|ing)\b|"
        r"\bwomens (?:aid|outreach)\b|\bhonour based\b|\bforced marriage\b|"
        r"\b(?:my|her|his|the) (?:childs |kids |childrens |daughters )?(?:ex|ex[- ]?(?:husband|"
        r"partner|wife|boyfriend|husbands|girlfriend))s?\b[^?!]{0,160}\b(?:keys?|found (?:me|us)|outside|"
        r"turned up|"
        r"address|released|bail\w*|police|court|came round|hit|threat\w*|arm|afraid|scared|dont want him|"
        r"waiting|"
        r"convicted|prison)\b|\b(?:my|her|his|the) (?:childs |kids |childrens |daughters |\w+s )?(?:father|"
        r"husband|partner|"
        r"boyfriend|dad)s?\b[^.?!]{0,90}\b(?:bail\w*|hit(?:s|ting)?|threat\w*|afraid|scared|frightened|"
        r"dont want him|"
        r"convicted|prison|found (?:me|us|out where)|released|arrest\w*|taken away|(?:mustnt|must not|"
        r"cant) know)\b|"
        r"\b(?:hes|he is|he was|been|is) (?:been )?bailed\b|\b(?:because of|after) (?:my ex|"
        r"what he (?:did|was doing))\b|\bhe (?:goes through|checks|reads) my\b|"
        r"\bget(?:ting)? away (?:from (?:someone|somebody|him|my))?\b|\bsafest way to reach\b|"
        r"\bsafe email\b|\bmust not be told\b|\brelationship breakdown\b|\b(?:dont|do not|"
        r"not) (?:ring|phone|call|write to|post)\b[^.?!]{0,30}\b(?:flat|property|address|landline|"
        r"old number|old one|house|home)\b|"
        r"\b(?:he|him|his) (?:had|has|got|still has|with) (?:\w+ ){0,4}(?:key|keys|"
        r"my (?:new )?address|a letter)\b|\block change\b|\blocks? chang(?:ed|ing)\b|\bfleeing\b|"
        r"\bfled\b|\bleft (?:a marriage|him)\b|\bmade me leave\b|\bpolice had to\b",
        broad=True,
    ),
    Watchword(
        _S,
        "child or adult at risk",
        r"\bsafeguard\w*|\bchild protection\b|\bsocial (?:worker|services)\b|\bneglect(?:ed|ing|"
        r"ful)?\b|\bat risk of (?:harm|abuse|exploitation)\b|\b(?:child|kid|baby|toddler|"
        r"little (?:one|girl|boy)|girl|boy)s?\b[^.?!]{0,60}\b(?:crying|screaming|left (?:on|"
        r"alone)|on (?:her|his|their) own|bruis\w*|hit|beaten|not allowed in|in (?:her|his) vest|"
        r"locked out)\b|"
        r"\bkids (?:being )?left\b|\bdont think (?:she|he)s (?:fed|safe)\b|\b(?:hear|heard|"
        r"hearing)\b[^.?!]{0,60}\b(?:scream\w*|hitting|her head|crying|beating|thrown|"
        r"being thrown|shouting)\b|\bsay\w* (?:not )?in front of (?:her|him|the)\b|"
        r"\bmark on her\b|\bbruis\w+|\bcuckoo\w*|\bcounty lines\b|"
        r"\b(?:got|have|has|theyve got|using|taken|with) (?:his|her|their) (?:bank )?card\b|"
        r"\bbank card\b|\b(?:living|sleeping|staying) in (?:his|her) (?:flat|house|home)\b|"
        r"\b(?:in|sleeping in|sitting on) (?:the|his) (?:porch|stairwell|step)\b|"
        r"\btaken over (?:his|her|the) flat\b|\bborrowing off\b|\b(?:stealing|taking|"
        r"money) (?:from|off) (?:residents|old|them|him|her)\b|"
        r"\bcurtains\b[^.?!]{0,60}\b(?:drawn|closed|shut|back|same)\b|\b(?:paper|milk|"
        r"post)s?\b[^.?!]{0,20}\bstill in the (?:door|step)\b|\b(?:not|havent|hasnt|no ?(?:one|"
        r"body)) (?:been )?seen (?:him|her|mr|mrs|the (?:man|lady))\b|"
        r"\bsomebody (?:with a key )?should (?:go in|check)\b|\bwelfare (?:check|concern)\b|"
        r"\bworried about (?:the |a |mr|mrs|him|her|child|my neighbour|an? \w+ )|"
        r"\bdidnt know what day\b|\b(?:appears?|seems?|was|very|more|gets?) confused\b|\bhoard(?:s|ed|er|ers|"
        r"ing)\b(?! (?:up|board))|"
        r"\b(?:nothing|no food) (?:in the fridge|seen|to eat)\b|\bhungry\b|\bhate (?:crime|"
        r"incident)s?\b|\bmodern slavery\b|\btraffick\w+|\b(?:being|been|was) groomed\b|\bgrooming (?:her|"
        r"him|them|of|a)\b|\bsexual\w*|"
        r"\btouch(?:ed|es|ing) (?:me|her|him)\b|\brap(?:e|ed)\b|\bforeign care\b|\bfoster care\b|"
        r"\bself[- ]neglect\b",
        broad=True,
    ),
    Watchword(
        _S,
        "hatred and threats",
        r"\b(?:spat at|spit at|followed (?:my|me|her|him|us|from)|death threats?|threaten(?:ed|"
        r"ing|s)? (?:me|us|my|to|her|him)|threats (?:from|to|against)|dog (?:mess|"
        r"dirt)[^.?!]{0,30}letter ?box|through (?:our|my|the) letter ?box|names through|"
        r"go home or|burn you|knows? (?:what time|where) (?:my|we|i|she)|racially|"
        r"pull at my scarf|called me names)\b",
        broad=True,
    ),
    Watchword(
        _S,
        "a confidence broken",
        r"\b(?:told|telling|tell) (?:him|them|her) (?:it was )?(?:me|who)\b|\btold him it was\b|"
        r"\bhow do they know it was me\b|\b(?:in|told) confiden\w+|\b(?:dont|please dont|"
        r"do not) (?:say|tell (?:him|them|her)) (?:it was me|who|my name|ive written)|\b(?:he|"
        r"they|she)(?:d|ll| will| would| may) know its? (?:was )?me\b|\bgrass(?:ing|ed)\b|"
        r"\b(?:address|name) (?:was )?(?:protected|hidden|on show)|\bmust not (?:have|know|get|"
        r"be given)\b|\bnobody (?:is |was |were )?(?:meant|suppose[d]?) to (?:know|have)\b|"
        r"\bcc instead of bcc\b|\bdisclos\w+ (?:to|my|her)\b",
    ),
    Watchword(
        _S,
        "frightened of staff or of a carer",
        r"\b(?:shouts?|shouting|screams?|swears?) at (?:the |her|him|them|old|my (?:mum|mam|mother|dad|nan)|"
        r"residents)|"
        r"\bput (?:you|her|him|me) in(?:to)? a home\b|\b(?:frightened|scared|afraid|terrified) (?:of|"
        r"to) (?:her|him|"
        r"them|the (?:warden|manager|carer)|pull|go|leave|say|open)\b|\bcarers?\b[^.?!]{0,50}\b(?:money|"
        r"purse|"
        r"shout\w*|rough|hurt\w*|left her|left him)",
        hint=True,
    ),
    Watchword(
        _S,
        "not looking after themselves",
        r"\b(?:isnt|not|hasnt been) (?:quite |himself|herself|right|eating|washing|dressed|looking after)|"
        r"\bstopped "
        r"(?:eating|answering|washing|going out|coming out|putting)|\b(?:no bedding|no food|"
        r"nothing to eat)\b|"
        r"\bsomebody "
        r"(?:ought to|should|needs to) (?:call|look in|check|go)\b|\blives? (?:all )?alone\b|\bon (?:his|"
        r"her) own\b|"
        r"\blearning (?:disab|difficult)\w+|\bpsychosis\b|\bkey ?worker\b|\boutreach\b|\bmental health\b|"
        r"\bcant cope\b",
        hint=True,
    ),
    Watchword(
        _S,
        "not wanting to go on, in fewer words",
        r"\bend (?:it|things)\b(?! up)|\bdo something (?:to myself|silly|stupid|daft)\b|"
        r"\bnot (?:be )?here (?:any ?more|much "
        r"longer|this time)\b|\bif i (?:wasnt|werent|was not|were not) (?:here|around)\b|\bwouldnt be here\b|"
        r"\b(?:nothing|no reason|not much) (?:left )?to (?:stay|live|get up|carry on|go on|hang)\b|"
        r"\bthought about how\b|"
        r"\b(?:a|such a) burden\b|\b(?:dont|cant|didnt|not) (?:see|seeing) (?:a|any|the) (?:way (?:out|round|"
        r"through)|point|"
        r"future)\b|\b(?:hurts?|hurting|harms?|harming|cuts?|cutting) (?:my|him|her|them)sel(?:f|ves)\b|"
        r"\bnot safe (?:on my "
        r"own|with my(?:self| thoughts))\b|\b(?:dark|black|bad) thoughts?\b|\bgive up on (?:life|everything|"
        r"myself)\b|"
        r"\blow in mood\b|\bcouldnt (?:go on|carry on|cope)\b|\bdont want to wake\b",
        broad=True,
    ),
    Watchword(
        _S,
        "afraid of somebody who knows the door",
        r"\bknows? where (?:i|we|she|he|they) (?:am|are|is|lives?|sleeps?)\b|\bfound (?:out )?where (?:i|we|"
        r"she|they)\b|"
        r"\b(?:he|him|her|them|partner|husband) (?:mustnt|must not|doesnt|does not|cant|cannot|isnt to|"
        r"is not to) (?:know|find|"
        r"see|get)\b|\bwithout (?:him|her|them) (?:knowing|finding|seeing|getting)\b|\bsafe (?:address|"
        r"number|place|house|"
        r"contact)\b|\b(?:not|isnt|nt|never) safe (?:to|for|here|at|in|there)\b|\b(?:in fear|scared|"
        r"frightened|afraid|"
        r"terrified) (?:of|for) (?:him|her|them|my|his|their|what|our)\b|\blocks? (?:her|me|him|them) (?:in|"
        r"out)\b|"
        r"\b(?:kicked|broke|smashed|booted) (?:\w+ ){0,4}doors?\b|\bblack eye\b|\bmarks? on (?:her|his|my|"
        r"their)\b|"
        r"\bi left him\b|\bshe (?:has )?left (?:him|her husband|her partner)\b|\bleft (?:her|my) (?:husband|"
        r"partner)\b|"
        r"\b(?:withheld|hidden|kept from) (?:for|from) (?:her|my|his)\b|\bmanagement transfer\b|"
        r"\bpanic alarm\b|"
        r"\bsanctuary scheme\b|\bprobation\b|\bsleep(?:s|ing)? with (?:a|the) (?:chair|knife|light|door)\b|"
        r"\bkeep the chain on\b|\bhe gets out\b|\breleased on\b",
        broad=True,
    ),
    Watchword(
        _S,
        "told by those who look after others",
        r"\bdesignated (?:\w+ )?lead\b|\bdsl\b|\bstrategy (?:meeting|discussion)\b|\bchild in need\b|"
        r"\bsection (?:17|42|47)\b|\bcare act\b|\bearly help\b|\bmash\b|\b(?:adult|childrens?) (?:services|"
        r"social care|"
        r"protection)\b|\bcare leaver\b|\bleaving care\b|\bin care\b|\bfrom care\b|\bout of care\b|"
        r"\blooked[- ]after\b|"
        r"\bcamhs\b|\bcpn\b|\breferral (?:was|has been|to)\b|\bforced entry\b|\btold (?:a|her|his|"
        r"their) teacher\b|"
        r"\bvulnerable (?:adult|child|person|young|woman|man|resident|tenant)\b|\bcapacity\b|\bexploit\w*\b",
        hint=True,
    ),
    Watchword(
        _S,
        "made use of, or fading away",
        r"\bmov(?:ed|ing) in (?:on|with) him\b|\btaken over (?:his|her|the|my)\b|\b(?:takes?|taking|took|has|"
        r"have|looks after|"
        r"keeps?|handles?) (?:\w+ )?(?:his|her|my|their) (?:benefits?|pension|money|cards?|wages|"
        r"medication)\b|"
        r"\b(?:benefits?|pension|account|savings)\b[^.?!]{0,40}\b(?:taken|emptied|gone|drained|off (?:him|"
        r"her))\b|"
        r"\blost (?:a lot of |so much )?weight\b|\bsame clothes\b|\bshouts? at people who\b|\bwander(?:s|ed|"
        r"ing)? (?:the|about|"
        r"off|out|at night)\b|\b(?:found|lying|lay|been) on the floor\b|\bpinch(?:es|ed)\b|\brough with\b|"
        r"\b(?:hasnt|havent|not) (?:been )?(?:seen|answer\w*|heard)\b[^.?!]{0,40}\b(?:days|weeks|since)\b|"
        r"\bknocks? (?:on|at) (?:her|his|my) door at night\b|\bcame (?:in)?to my room\b|\b(?:man|men|"
        r"somebody|stranger) in my "
        r"(?:room|bedroom|flat|hall|house)\b|\bleft (?:alone|on (?:his|her|their) own|by themselves)\b|"
        r"\bnot (?:been )?fed\b|"
        r"\bin (?:nappies|(?:her|his) nightie|pyjamas) (?:\w+ ){0,3}(?:outside|late|night|step|street|"
        r"garden)\b",
        broad=True,
    ),
    Watchword(
        _S,
        "hounded",
        r"\b(?:hung|left|put|smeared|posted|written|painted|scratched) (?:\w+ ){0,3}(?:on|at|through|"
        r"across) (?:our|my|"
        r"the) (?:front )?(?:door|car|step|window|letter ?box)|\bharass\w+|\bhound\w*|\bintimidat\w+|"
        r"\bwatch(?:es|ing) "
        r"(?:me|us|my|our)\b|\bfollow(?:s|ed|ing) (?:me|us|my|her)\b|\bwait(?:s|ing) (?:for|outside)\b",
        hint=True,
    ),
    # ---------------------------------------------------------------- the law
    Watchword(
        _L,
        "solicitor or court",
        r"\b(?:solicit(?:o|e)rs?|soliciters?|lawyers?|barristers?|legal (?:action|team|advice|"
        r"advis\w+|represent\w+|proceedings|claim|aid|steps|route|rep)|litigat\w+|letter (?:of|"
        r"before) (?:claim|action)|pre[- ]?action|disrepair (?:claim|protocol|case|action)|"
        r"housing conditions (?:claim|protocol|pre)|"
        r"we act for|acting for|our client|without prejudice|(?:issu\w+|start\w*|bring\w*|"
        r"serve\w*|court) proceedings|proceedings (?:issued|will|against|have)|claim (?:form|no|"
        r"number|issued|went in|filed)|county court|high court|small claims?|magistrates|"
        r"(?:to|in|through|via|by|at) (?:the )?courts?\b|court (?:claim|papers|date|case|hearing|"
        r"action|summons|injunction)|injunction|sue|suing|sued|su(?:e|ing) you|tribunal|ftt|"
        r"judicial review|particulars of claim|mcol|money claim|no win no fee|claims (?:company|"
        r"firm|management)|trading standards|law centre|section 11|llp|our clients?|a judge)\b",
        deniable=False,
    ),
    # ---------------------------------------------------------------- the Ombudsman
    Watchword(
        _O,
        "Ombudsman",
        r"\bom[a-z]{0,3}b[uw]?[a-z]{0,4}m[aeuo]n'?s?\b|\bombuds\w*|\bombud\b|\bhousing ombud\w*|"
        r"\bhos\b(?= |$)|\bhousing[- ]ombudsman\b",
    ),
    # ---------------------------------------------------------------- elected members
    Watchword(
        _M,
        "elected member",
        r"\bmps?\b(?! ?3)|\bmember of (?:the )?parliament\b|\bcllrs?\b|\bcoun[cs]ill?[oe]rs?\b|"
        r"\bconstituen\w+|\bhouse of commons\b|\bward (?:councillor|member|surgery)|\bmayor\b|"
        r"\belected member\b|\bparliament\w*|\bsenedd\b|\bmy surgery\b",
    ),
)
