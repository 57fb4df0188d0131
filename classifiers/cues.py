"""Turns of phrase that tell intents apart, each under the name of what it means.

Word counts learn slowly from a small corpus that "nobody turned up", "no show" and "still waiting in" are one
thing. A cue says so once. Cues only feed the model (it learns what each is worth at each stage); they decide
nothing by themselves. The words that do decide stand in `classifiers.sentinels`.

Patterns are matched against `words.plain(text)`: lower case, apostrophes gone, white space single.
"""

from __future__ import annotations

from dataclasses import dataclass

from classifiers.phrasebook import Phrasebook

_NUMBER = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|few|couple of)"
_SPAN = r"(?:day|night|week|wk|month|mth|year|yr|winter|summer|christmas|xmas)s?"
_ORDINAL = r"(?:2nd|3rd|[4-9]th|1\dth|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|umpteenth)"
_ATTEND = (
    r"(?:came|come|comes|turned up|turn up|shown? up|showed|attended|rang|rung|called|phoned|"
    r"replied|answered)"
)

CUES: tuple[tuple[str, str], ...] = (
    # -------------------------------------------------- it was told before and nothing came of it
    (
        "told_before",
        r"\b(?:ive|i have|we have|weve|i|we|she|he|they|has|have|had|been) (?:already |also |"
        r"now )?"
        r"(?:reported|told|rung|rang|phoned|called|emailed|complained|chased|asked|written|wrote|"
        r"logged|raised|informed|messaged)\b",
    ),
    ("reported", r"\b(?:reported|told (?:you|your|the)|logged|rang|rung|phoned|chased|chasing|nagging)\b"),
    (
        "told_on_date",
        r"\b(?:reported|told|rang|phoned|called|emailed|logged|wrote|"
        r"written)\b[^.?!]{0,60}\b(?:monday|"
        r"tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|may|june|"
        r"july|"
        r"august|september|october|november|december|jan|feb|mar|apr|aug|sept?|oct|nov|dec|last)\b",
    ),
    (
        "many_times",
        rf"\b{_NUMBER} times\b|\b(?:twice|repeatedly|over and over|again and again|time and again|"
        r"countless|dozens of)\b",
    ),
    (
        "nth_time",
        rf"\b{_ORDINAL} (?:time|week|month|day|visit|email|letter|call|appointment|saturday|sunday|"
        rf"monday|"
        r"tuesday|wednesday|thursday|friday|winter|year|attempt|request|message|go|one)\b",
    ),
    (
        "running",
        r"\b(?:week|month|year|day|time|tuesday|winter)s? (?:running|in a row|on the trot|"
        r"on end)\b",
    ),
    (
        "still",
        r"\bstill (?:no|not|nothing|waiting|hasnt|havent|isnt|has not|have not|broken|leaking|"
        r"here|there|"
        r"the same|off|out|on|in|got|hanging|coming|doing)\b|\bstill\b[^.?!]{0,25}\b(?:not|"
        r"nothing|no)\b",
    ),
    ("still_word", r"\bstill\b"),
    ("again", r"\bagain\b|\byet again\b|\bback again\b"),
    (
        "back_now",
        r"\b(?:is|its|has|theyre|are|come|came|was) back\b|\bgone (?:off )?again\b|"
        r"\bstarted again\b",
    ),
    (
        "nobody_came",
        rf"\b(?:nobody|no one|noone|no1|no body|not one|none of (?:you|them)|no man|never) (?:has |"
        rf"have |had |"
        rf"ever |even |did |from \w+ )*{_ATTEND}\b|\bno[- ]?shows?\b|\bdidnt (?:come|turn up|"
        rf"show)\b|"
        r"\b(?:did not|didnt|never|not) (?:come|turn|show|attend|arrive|ring|call|phone|reply|"
        r"answer)\w*\b",
    ),
    (
        "no_answer",
        r"\bno (?:reply|response|answer|call ?back|contact|word|update|news|explanation|apology|"
        r"date)\b|"
        r"\bheard (?:nothing|nowt|zilch|zero)\b|\bnot heard\b|\bhavent heard\b|\bignor(?:ed|ing|"
        r"e)\b|"
        r"\bget(?:s|ting)? back to me\b|\b(?:ring|call|rang|phone)(?:ed|ing)? (?:me |us |"
        r"you )?back\b|"
        r"\bnever (?:rang|heard|got|had)\b|\bnot (?:one|a single) (?:call|reply|word|letter|"
        r"email)\b",
    ),
    ("nothing", r"\b(?:nothing|nowt|zilch|silence|radio silence|bugger all|sod all)\b"),
    (
        "waiting",
        r"\b(?:waiting|waited|stayed in|sat in|sat (?:here )?waiting|day off|took (?:off|the)|"
        r"off work|unpaid|"
        r"wasted|lost a day)\b",
    ),
    (
        "missed",
        r"\bmissed (?:appointment|visit|slot)s?\b|\bcould not gain access\b|\bno access\b|"
        r"\bcarded\b|"
        r"\bresched\w+|\brebook\w*|\bcancelled\b|\bpostponed\b|\bput back\b",
    ),
    (
        "on_hold",
        r"\b(?:on hold|cut off|hung up|voicemail|rings out|engaged|queue|put through|"
        r"passed (?:round|around|from|"
        r"to)|pillar to post)\b",
    ),
    (
        "promised",
        r"\b(?:promis\w+|was told|were told|been told|told me|told us|told that|said (?:he|she|"
        r"they|it|you|"
        r"someone|somebody|within)|supposed to|meant to|ment to|should have (?:been|come|had)|"
        r"assured)\b",
    ),
    ("since", r"\bsince (?:last |the |before |we |i |you |about )?\w+"),
    (
        "for_span",
        rf"\b(?:for|over|nearly|almost|about|been|now|after|day|week) (?:the (?:last|"
        rf"past) )?{_NUMBER} (?:\w+ )?{_SPAN}\b"
        rf"|\b{_NUMBER} {_SPAN} (?:ago|later|now|on|with(?:out)?|and|of)\b|\bday \d+\b",
    ),
    (
        "closed_job",
        r"\b(?:job|ticket|repair|case)\b[^.?!]{0,30}\b(?:closed|completed?|cancelled|does(?: not|"
        r"nt) exist|"
        r"no job|shut)\b|\bno (?:job|record|trace)\b|\bmarked (?:as )?(?:complete|done|closed|"
        r"resolved)",
    ),
    (
        "bodged",
        r"\b(?:bodge\w*|botch\w*|cowboys?|shoddy|worse than (?:before|it was)|made it worse|"
        r"painted over|same "
        r"(?:problem|thing|fault)|left (?:it|the|a|me|us|my)|half (?:done|finished)|not fixed|"
        r"didnt fix|"
        r"hasnt fixed|hasnt been (?:fixed|done)|not been (?:fixed|done|cut|cleaned))\b",
    ),
    # -------------------------------------------------- displeasure
    ("complaint_word", r"\bcomplain(?:t|ts|ed|ing|s)?\b|\bgrievance\b"),
    (
        "makes_complaint",
        r"\b(?:make|making|raise|raising|log|logging|lodge|register|put in|putting in|open|file|"
        r"submit|"
        r"this is|treat this as|formal|official|wish to|want to|like to|have to|new|fresh|"
        r"separate)\b"
        r"[^.?!]{0,25}\bcomplain(?:t|ts|ing)?\b",
    ),
    (
        "not_complaint",
        r"\b(?:not|isnt|not really|dont want to|never|wouldnt) (?:be |a |an? |actually |"
        r"making (?:a |one)?|"
        r"trying to )*(?:complain(?:t|ing)?|moan(?:ing)?|grumbl\w+|having a go)\b|"
        r"\bno complaints?\b|"
        r"\bnot (?:blaming|cross|angry|unhappy)\b|\bnobodys fault\b|\b(?:my|our) (?:own )?fault\b",
    ),
    (
        "anger",
        r"\b(?:disgust\w*|disgrace\w*|appall\w*|shocking|shambles|joke|ridiculous|pathetic|"
        r"useless|furious|fuming|"
        r"angry|livid|fed up|sick (?:of|and tired)|unacceptable|outrag\w+|scandal\w*|shame\w*|"
        r"ashamed|laughing stock|"
        r"incompeten\w+|rubbish|rip off|robb\w+|thieves|liars?|lies|lied|lying|farce|circus|"
        r"insult\w*|wants sacking)\b",
    ),
    (
        "disappointed",
        r"\b(?:disappoint\w+|let down|unhappy|upset\w*|dissatisf\w+|not (?:happy|good enough|on|"
        r"right|fair|"
        r"acceptable|impressed|pleased|satisfied|reasonable|what i pay|how)|isnt (?:good enough|"
        r"right|fair|"
        r"acceptable|on)|aint right|poor (?:service|way|show)|frustrat\w+|distress\w+|stress\w*|"
        r"unfair)\b",
    ),
    (
        "rhetorical",
        r"\b(?:how (?:is|can|do you|long|many|much|hard)|what (?:am i|are we|is the point|"
        r"is wrong|do i pay|use|"
        r"for)|whats the (?:point|use)|who (?:decided|said|checks|is responsible|thought)|"
        r"why (?:am|are|is|was|"
        r"should|do|did|cant|wasnt|has|have)|are you (?:having|going|trying|people)|is (?:it|"
        r"that) (?:too much|"
        r"right|usual|normal)|when (?:is|are|will) (?:some|any|you))\b",
    ),
    (
        "pay_for",
        r"\b(?:pay(?:ing)? (?:for|you|my rent|rent|full|over)|what i pay|our rent|rent is|"
        r"charged? (?:me|us)|bill(?:ed)?)\b",
    ),
    (
        "rude",
        r"\b(?:rude\w*|laugh(?:ed|ing|s) at|laughed|smirk\w*|shout(?:ed|ing)?|swore|swearing|"
        r"attitude|patroni\w+|spoke(?:n)? to|"
        r"talk(?:ed|ing) to me|dismissive|rolled (?:his|her)|racist|discriminat\w+|bull(?:y|ied|"
        r"ying)|humiliat\w+|"
        r"disrespect\w*|unprofessional|slammed)\b",
    ),
    (
        "sarcasm",
        r"\b(?:congratulations|bravo|well done|lovely job|how kind|marvellous|happy birthday|"
        r"anniversary|medal|award)\b",
    ),
    (
        "accountability",
        r"\b(?:look(?:ed|ing)? into|investigat\w+|explain|explanation|apolog\w+|held|accountable|"
        r"put right|"
        r"sort(?:ed)? (?:it|this|out)|answers?|responsible|want to know|like to know)\b",
    ),
    # -------------------------------------------------- first asking
    (
        "first_time",
        r"\b(?:first time|not reported|havent reported|never reported|hasnt reported|not (?:rung|"
        r"told|mentioned)|"
        r"havent (?:told|rung|mentioned|reported|contacted)|never (?:had|told|mentioned|contacted|"
        r"seen|written)|"
        r"only (?:just|noticed|started|happened|today)|just (?:noticed|started|happened|now|gone|"
        r"found|come|packed|"
        r"seen|snapped|came)|this (?:morning|afternoon|evening)|tonight|last night|today|noticed|"
        r"was (?:ok|fine|alright|working)"
        r" (?:yesterday|before|last))\b",
    ),
    (
        "polite_ask",
        r"\b(?:can|could|would|will|may|might) (?:i|you|we|someone|somebody|one|he|she|they|your|"
        r"it)\b|\bis it possible\b|"
        r"\bwould it be possible\b|\b(?:id|i would|wed|we would|would) (?:like|love|be grateful|"
        r"appreciate)\b|"
        r"\bi wonder(?:ed)? (?:if|whether)\b|\bany chance\b|\bplease (?:send|can|could|would|"
        r"arrange|let|may)\b",
    ),
    ("please", r"\b(?:please|pls|plz|plse|kindly|grateful|ta|cheers)\b"),
    (
        "no_rush",
        r"\b(?:no (?:rush|hurry|great rush|panic|drama|bother|problem)|not urgent|isnt urgent|"
        r"when(?:ever)? (?:you get|you have|"
        r"you can|suits|its|someones|convenient|next)|at your convenience|in the area|passing)\b",
    ),
    (
        "how_do_i",
        r"\b(?:how (?:do|would|can|does) (?:i|we|one|you|it|a)|who do (?:i|we)|where (?:do|should|"
        r"can) i|what (?:do|should) i|"
        r"do (?:i|we|you) (?:need|have|do)|am i allowed|are we allowed|is there (?:a|any)|"
        r"is it (?:ok|you|all right|alright)|"
        r"whats the (?:process|procedure|form|number)|permission|apply|application)\b",
    ),
    (
        "needs_thing",
        r"\b(?:fob|key|keys|permit|copy of|form|statement|certificate|new (?:bin|fob|key|reg)|"
        r"swap|exchange|transfer|"
        r"adapt\w*|grab rail|ramp|consent|licen[cs]e|direct debit|lease|proof|letter (?:saying|"
        r"confirming))\b",
    ),
    (
        "broke",
        r"\b(?:broken?|snapped|come off|came off|fallen off|dripping|leaking|blocked|cracked|"
        r"stuck|jammed|sparks?|sparking|not working|"
        r"wont (?:open|close|shut|work|turn|drain|flush|lock|light)|packed (?:in|up)|gone (?:off|"
        r"out)|loose|flickering)\b",
    ),
    (
        "neighbour_noise",
        r"\b(?:next door|neighbours?|upstairs|downstairs|above me|flat (?:above|below)|music|drum|"
        r"bass|barking|party|parties|cannabis|weed|"
        r"shouting|banging|dealing)\b",
    ),
    # -------------------------------------------------- not this stage's answer: further, higher, other eyes
    (
        "stage_two",
        r"\b(?:stage|step|level|tier|part) ?(?:2|two|ii)\b|\b(?:second|next) (?:stage|step|level|"
        r"tier|part)\b|\bstg ?2\b|\bfinal stage\b",
    ),
    (
        "not_our_stage",
        r"\bstage (?:1|2|one|two) (?:of (?:the|your|our|ur)? ?(?:works?|upgrade|heating|cladding|"
        r"building|facade|it)|works?)\b",
    ),
    (
        "escalate",
        r"\bescalat\w+\b|\b(?:take|taken|taking|move|push|pass|send|kick|bump) (?:it|this|that|"
        r"my \w+|things?) (?:further|up|higher|on|forward)\b|"
        r"\bfurther\b|\bgo(?:es|ing)? (?:higher|up|above)\b|\bup the (?:chain|line|ladder)\b",
    ),
    (
        "appeal",
        r"\b(?:appeal\w*|review(?:ed|ing)?|reconsider\w*|re ?open(?:ed)?|"
        r"open(?:ed)? (?:it )?(?:back )?up|panel|hearing|overturn\w*|second opinion|"
        r"looked? at (?:again|properly|afresh)|look (?:again|at (?:it|this|that) again)|"
        r"fresh (?:pair of )?eyes|another look)\b",
    ),
    (
        "someone_higher",
        r"\b(?:manager|managers|boss|director|chief exec\w*|ceo|board|supervisor|someone (?:else|"
        r"senior|higher|above|more)|somebody (?:else|"
        r"senior|higher|above|more|outside|who)|senior|more senior|next (?:person|one) (?:up|"
        r"along)|other person|different person|"
        r"person above|above (?:you|him|her|them|complaints)|in charge|independent)\b",
    ),
    (
        "rejects",
        r"\b(?:(?:do not|dont|cant|cannot|can not|wont|not|never|am not|didnt|"
        r"unable to) (?:\w+ )?(?:accept(?:ed|ing)?|agree\w*|having (?:it|that|this))|"
        r"disagree\w*|reject\w*|disput\w+|refus\w+|not (?:going to )?(?:leave|leaving) it|"
        r"isnt (?:good enough|what happened|true|right)|"
        r"is (?:wrong|not true|untrue|incorrect|nonsense|rubbish)|contest\w*|not satisf\w+|"
        r"wrong decision|unsatisfactory|"
        r"not (?:happy|content|comfortable|convinced) with|no deal|absolutely not|sorry but no)\b",
    ),
    ("no_start", r"^\W*(?:re [^.?!]*)?no\b"),
    (
        "decision",
        r"\b(?:decision|decided|outcome|response|findings?|finding|letter|conclusion|conclud\w+|"
        r"upheld|answer|report|offer)\b",
    ),
    (
        "your_decision",
        r"\b(?:your|the|that|this) (?:\w+ )?(?:decision|outcome|response|findings?|letter|reply|"
        r"answer|offer|final response)\b",
    ),
    (
        "you_say",
        r"\b(?:you|it|letter|she|he) (?:say|says|said|wrote|write|writes|have written|state|"
        r"states|stated|claim|claims|put|found|decided|call|called)\b",
    ),
    (
        "but_part",
        r"\b(?:accept\w*|fine|fair enough|agree|grand|happy)\b[^?!]{0,60}\bbut\b|\bexcept\b|"
        r"\bpart of (?:it|that)\b",
    ),
    ("ombudsman", r"\bombuds\w*\b|\bhousing ombud\w*"),
    (
        "past_due",
        r"\b(?:deadline|overdue|past (?:the|your)|out of time|you said (?:ten|10|five|5|twenty|"
        r"20)|working days|days? late|late)\b",
    ),
    # -------------------------------------------------- answering, chasing, settling
    (
        "attached",
        r"\b(?:attach\w*|enclos\w*|photos?|pics?|pictures?|video|vid|receipts?|bills?|invoices?|"
        r"screenshots?|here (?:is|are|you go)|heres|evidence|files?|"
        r"log sheets?|diary|statement|scan)\b",
    ),
    (
        "you_asked",
        r"\b(?:you asked|you wanted|as (?:requested|asked|promised|discussed|agreed)|"
        r"your (?:questions?|request|call|message|voicemail|email)|"
        r"in answer|in reply|to answer|returning|answers|the (?:dates|details|information|photos|"
        r"bits) you|you needed|asked (?:me )?for)\b",
    ),
    (
        "any_news",
        r"\b(?:any (?:news|update|idea|word|sign|progress|joy|luck|closer|further)|update (?:on|"
        r"please|pls|me)|where (?:are we|is it|am i|has it|have)|"
        r"just (?:checking|wondering|seeing|wanted to (?:check|know))|checking (?:in|if|on)|"
        r"whats happening|what is happening|hows it|wheres|"
        r"has (?:it|there|the|anyone|he|she) (?:been|come|got|gone|had)|do you know (?:when|if|"
        r"roughly)|is (?:he|she|it|someone) still|"
        r"when (?:will|can|is|are|might|do|does|should)|chase|chasing|following up|follow up)\b",
    ),
    (
        "confirms",
        r"\b(?:thats (?:right|correct|it|about|me|fine|everything|all)|yes|yep|yeah|correct|"
        r"spot on|confirm\w*|exactly|all correct|"
        r"you have it right|got it right|summary|understood|nothing to add)\b",
    ),
    (
        "corrects",
        r"\b(?:correct(?:ion|ions)?|not quite|should (?:be|say|read)|isnt the|wasnt the|"
        r"wrong (?:month|date|name|flat|address)|instead of|you(?:ve| have) (?:put|written|"
        r"missed|left)|alter|amend|change (?:the|that)|left out|one thing|summary|its not the|"
        r"mistake|nearly|bullet|definition)\b",
    ),
    (
        "accepts",
        r"\b(?:accept\w*|agreed?|happy (?:with|to)|fine (?:by|with)|content|settled?|"
        r"thats (?:fine|fair|great|grand)|fair enough|deal|live with|"
        r"close (?:it|the|my)|good enough for me|will do me|all good|call it quits|"
        r"leave it (?:there|at that))\b",
    ),
    (
        "withdraws",
        r"\b(?:withdraw\w*|withdrew|cancel\w*|drop(?:ping)? (?:it|this|the|my)|forget (?:it|"
        r"about)|no longer (?:need|want|wish)|scrap|leave it|call off|"
        r"stop the|dont want to (?:carry|go on|take|continue)|take (?:it|my complaint) back|"
        r"not (?:to )?(?:pursue|proceed)|dont bother|shut the)\b",
    ),
    (
        "extension",
        r"\b(?:extension|extend\w*|more time|extra (?:time|days|week\w*)|another (?:\d+|ten|five|"
        r"twenty|week|fortnight|month)|the \d+(?:st|nd|rd|th)|until|till|"
        r"take (?:your|the|as|until|till)|longer|few more)\b",
    ),
    (
        "thanks",
        r"\b(?:thank\w*|thx|tysm|ta|cheers|appreciate\w*|grateful|much obliged|diolch|kind of you|"
        r"so kind)\b",
    ),
    (
        "praise",
        r"\b(?:brilliant|lovely|wonderful|gem|star|credit|legend|fantastic|terrific|excellent|"
        r"superb|compliment\w*|praise|well done|kindness|patient|"
        r"amazing|pleasure|helpful|delight\w*|hero|best|goes above|nice (?:lad|man|lady|chap))\b",
    ),
    (
        "resolved",
        r"\b(?:sorted|fixed|mended|working (?:now|again|lovely|fine)|works? (?:a treat|now|fine|"
        r"perfectly)|all done|resolved|put right|job done|came and|like new)\b",
    ),
    (
        "about_availability",
        r"\b(?:im (?:off|in|free|out|away)|i work|available|any (?:day|time|morning)|after \d|"
        r"before \d|mornings|afternoons|"
        r"in (?:all day|after|from)|suits|cant (?:do|make)|key (?:safe|with)|buzzer|code|mind the|"
        r"dog|ring (?:me|my|when))\b",
    ),
    # -------------------------------------------------- another matter in an old thread
    (
        "another_matter",
        r"\b(?:(?:nothing|not) (?:to do with|about|related)|(?:different|separate|seperate|"
        r"another|new|other) (?:matter|thing|subject|issue|problem|"
        r"question|complaint|topic|one)|while (?:i|ive|youre|hes|were|im|you)|something else|"
        r"one other|on another|unrelated|by the way|btw|"
        r"not (?:bins|the) this time|leave the|to one side|apart from|separate(?:ly)?|also)\b",
    ),
    (
        "old_is_fine",
        r"\b(?:(?:no|not) (?:argument|quarrel|complaint|problem) with|(?:thats|is|was|"
        r"are) (?:all )?(?:fine|sorted|settled|done|fair|good|finished)|"
        r"dont need (?:any|you)|not asking (?:you|any|for)|nothing more|all sorted|"
        r"got nothing against)\b",
    ),
    (
        "start_again",
        r"\b(?:start(?:ing)? (?:again|over|afresh)|new complaint|fresh complaint|"
        r"from the beginning|begin at|as if|new number|log (?:it|this) as new)\b",
    ),
    (
        "aside",
        r"\b(?:this|it) (?:isnt|is not|has nothing to do with|wasnt) (?:about|part of|"
        r"to do with)\b|\bnot (?:about|to do with|related to|part of) (?:my|the|that|this|it|"
        r"any of|cc)|\bnothing to do with\b|"
        r"\b(?:something|somethin|one thing|another thing|thing) else\b|\b(?:different|separate|"
        r"seperate|another|other) (?:matter|thing|subject|issue|topic|question)\b|"
        r"\bdifferent subject\b|\bon another\b|"
        r"\bseparate(?:ly)? (?:from|to|thing)\b|\bunrelated\b|\bwhile (?:ive|"
        r"i have) (?:got )?(?:you|your|someone|somebody)\b|\bwhile (?:hes|youre|he is|you are|"
        r"they are|theyre) (?:here|there|at it)\b|\bnot \w+ this time\b|"
        r"\b(?:leave|never mind|forget) the \w+|\bto one side\b|\bnew one for you\b|"
        r"\bthis is (?:something|one) new\b|\ba new thing\b|\bnow is new\b|\bonly (?:replying|"
        r"using|writing)\b[^.?!]{0,40}\b(?:address|email|one)\b|\bjust used the same email|"
        r"\b(?:you are|youre) the only email\b|\bdont (?:know )?(?:who|where) else\b|"
        r"\bdont join it\b|\bone other thing\b|\bnot from my (?:case|complaint)\b|"
        r"\bnothing (?:to add|more) (?:on|about|from)\b",
    ),
    (
        "settled_before",
        r"\b(?:no (?:argument|quarrel|more to say|objection)s? (?:with|about|on)|(?:was|is|are|"
        r"all) (?:all )?(?:settled|history|sorted|fair|content|finished|forgotten|okay|ok|in hand|"
        r"carrying on)|i was (?:content|happy|ok|fine)|"
        r"had my apology|fair play|can carry on|nothing to add|no comment on)\b",
    ),
    (
        "gives_praise",
        r"\b(?:say (?:something nice|thank|thanks|how (?:pleased|grateful|good|kind|useful|much))|"
        r"credit where|put in a (?:good )?word|a good word|well done|wanted (?:someone|somebody|"
        r"you) to know|tell (?:his|her|their) boss|"
        r"(?:was|were|is|hes|shes|an?) (?:\w+ )?(?:gem|star|angel|hero|legend|lovely|brilliant|"
        r"wonderful|amazing|fantastic|terrific|marvellous|smashing|kind(?:er|ness)?|patient|"
        r"polite)|couldnt have been (?:nicer|kinder|more)|"
        r"pass (?:on|this on|my)|no (?:action|reply) (?:needed|required|necessary)|pay (?:him|"
        r"her) more|thank you to|thanks to|big thank|compliment\w*|praise|went (?:fine|well)|"
        r"nothing (?:whatever )?to (?:moan|complain) (?:about|of)|it s?only right)\b",
    ),
    (
        "never_told_you",
        r"\b(?:havent|hasnt|not|never|nobody has|no one has|didnt|wasnt) (?:\w+ )?(?:reported|"
        r"told|rung|rang|mentioned|contacted|complained|wrote|written|bothered|said anything)\b|"
        r"\bfirst (?:contact|time|ive|i have|you|that)\b|"
        r"\bfirst (?:night|day)\b|\bonly (?:just )?(?:started|noticed|today|yesterday)\b|\b(?:was|"
        r"were|been|its always) (?:ok|fine|alright|all right|working|worked|working fine)\b|"
        r"\bnot had (?:any )?trouble\b|\bnever (?:had|been) (?:any|a|one)\b",
    ),
    (
        "just_now",
        r"\b(?:since|early|from) (?:this morning|last night|yesterday|lunch\w*|dinner ?time|"
        r"tea ?time)\b|\bthis (?:morning|afternoon|evening|week)\b|\b(?:today|tonight|last night|"
        r"yesterday|right now|just now|a minute ago)\b",
    ),
    (
        "is_it_allowed",
        r"\b(?:am i|are we|is it|would it be|is one) (?:allowed|permitted|ok|okay|all right|"
        r"alright|possible|able)\b|\b(?:may|can|could) (?:i|we|my \w+) (?:have|keep|get|fit|put|"
        r"paint|change|move|swap|add|apply|buy|use|take|build|install|pay|please|come)\b|"
        r"\b(?:need|get|have|ask|asking|want|seek\w*) (?:for )?permission\b|"
        r"\bdo (?:i|we) need\b|\bid rather ask\b|\bconsent (?:to|for)\b|\blicen[cs]e (?:to|for)\b",
    ),
    (
        "please_do",
        r"\b(?:can|could|would|will) (?:you|someone|somebody|your \w+|he|they|she|"
        r"it)\b[^.?!]{0,12}\b(?:come|send|fit|look|fix|mend|change|put|take|add|pass|pop|tell|"
        r"arrange|order|bring|move|clear|replace|check|let|post|email|write|have|give|do|get|make|"
        r"shift|remove|repair|see|set|call|ring|review)\b|"
        r"\bplease (?:send|come|fit|fix|arrange|take|change|can|could|would|change|put|tell|"
        r"let me know|advise|provide|supply|update|remove|book)\b|\bwho do (?:i|we)\b|\b(?:needs?|"
        r"wants?|want) (?:fixing|looking at|mending|replacing|changing|doing|seeing to|a new)\b",
    ),
    (
        "owed",
        r"\b(?:you|that was|we|were|the|i was) (?:\w+ )?(?:agreed|promised|"
        r"offered)\b[^.?!]{0,60}\b(?:not|hasnt|no|still|yet|where|when|come|came)\b|\b(?:cheque|"
        r"payment|money|£\d+)\b[^.?!]{0,60}\b(?:not|hasnt|isnt|yet|where|still|sign|arrived)\b|"
        r"\bany sign of\b|\bgiving it a nudge\b",
    ),
    (
        "no_further",
        r"\b(?:wont|not|no|needn?t|shan?t|never) (?:\w+ )?(?:be )?(?:tak(?:e|ing)|go(?:ing)?|"
        r"pursu\w+|need\w*|further|carry\w*) (?:it |this |action |either|any )*(?:further|"
        r"no further|more|on|either|action)?\b|\bno further (?:action|than)\b|\bill take (?:it|"
        r"what|the)\b|\bthatll do\b|\bwe are content\b|\bmatter as (?:concluded|closed)\b|"
        r"\bcall it (?:a day|quits)\b|\bshut the file\b|\blet it (?:lie|rest|go)\b",
    ),
    (
        "go_up_now",
        r"\b(?:yes|want|please|pls|plz|it|this|that|complaint|so|straight|on) (?:\w+ )?(?:to |"
        r"into )?(?:stage|step) ?(?:2|two)\b|\b(?:take|put|send|give|pass|move|kick|bump|get|hand|"
        r"stick|refer|want) (?:it|this|that|me|my \w+|the \w+( \w+)?|us)? ?(?:\w+ ){0,4}(?:higher|"
        r"further|up|above|upstairs|director|boss|manager|senior|next|stage|panel|board|"
        r"someone (?:else|senior)|somebody (?:else|senior)|chief)\b|\bgoing higher\b|"
        r"\bgo to the (?:next|top)\b|\bget it open\b|\bwho is (?:above|the boss)\b",
    ),
    (
        "against_us",
        r"\b(?:your|ur) (?:\w+ ){0,2}(?:man|men|lad|lads|bloke|contractors?|operatives?|officer|"
        r"plumber|engineer|team|staff|caretaker|people|lot|office|agents?|crew|workm[ae]n|"
        r"cleaners?|concierge|driver|van|surveyor|company|firm|lady|girl|woman|colleague)\b|"
        r"\byou (?:lot|people)\b",
    ),
    (
        "harm_done",
        r"\b(?:damag\w+|ruined|smash\w*|broke my|scratch\w*|stain\w*|lost (?:the|my|all|a|wages|"
        r"pay)|cost (?:me|us)|out of pocket|spoil\w*|threw (?:away|out)|thrown (?:away|out)|"
        r"stole\w*|missing|went through my|in my (?:bathroom|kitchen|bedroom|home|house|"
        r"flat) without)\b",
    ),
    (
        "overcharged",
        r"\b(?:gone up|going up|went up|increase\w*|put (?:up|£)|arrears|overcharg\w+|"
        r"wrong amount|twice|double|not reasonable|unreasonable|extortion\w*|rip[- ]?off|"
        r"what (?:am i|are we|for)|how is (?:that|this)|for what|explain (?:the|how|what|why))\b",
    ),
    (
        "wrong_recipient",
        r"\b(?:different (?:person|sarah|man|woman)|not (?:one of )?your tenants?|"
        r"i think (?:these|this) (?:are|is) for|wrong (?:person|email|address|sarah)|i live in|"
        r"not a tenant|no connection|misdirected|intended for|pot ?hole|bus (?:driver|shelter|"
        r"boss)|recycling|brown bin|council|vet|booster|pitch|raffle|fete|garages|cash buyers|"
        r"appointment on)\b",
    ),
    (
        "asks_for_information",
        r"\b(?:general question|quick (?:one|question)|just (?:a question|curious|wondering|"
        r"asking)|(?:does|do|did|has|is|are|was|will) (?:the|your|you|this|that|"
        r"there) \w+[^.?!]{0,80}\?|when (?:is|does|do|are|will) (?:the )?|what (?:day|time|number|"
        r"date|is the|are the)|can i pay|where (?:do|can|should) i (?:send|find|pay|post|write)|"
        r"how (?:many|much) (?:stages|does|is|do))",
    ),
    # -------------------------------------------------- other business
    (
        "selling",
        r"\b(?:unsubscribe|demo|offer|discount|webinar|brochure|solution|platform|save up to|"
        r"free trial|clients?|our (?:services|team of|range|product)|"
        r"portfolio|roi|quotation|sponsor\w*|newsletter|book a|per cent off|candidates?|"
        r"available now|quick call)\b",
    ),
    (
        "money_out",
        r"\b(?:invoice|purchase order|remittance|inv\b|payment terms|supplier|accounts payable|"
        r"overdue|tender|procurement|statement of account)\b",
    ),
    (
        "job_seek",
        r"\b(?:vacanc\w+|cv|apprentic\w+|aprent\w+|jobs?\b.{0,20}\b(?:going|apply|vacan\w+)|"
        r"work experience|recruit\w*|interview|volunteer\w*|placement)\b",
    ),
    (
        "research",
        r"\b(?:survey|questionnaire|research\w*|study|dissertation|student|university|journalist|"
        r"press|deadline for comment|article|interview|podcast)\b",
    ),
    (
        "data_rights",
        r"\b(?:subject access|sar\b|dsar|freedom of information|foi\b|environmental information|"
        r"eir\b|gdpr|data protection|article 15|personal data|"
        r"everything you (?:hold|have)|copies of|hold (?:on|about) me)\b",
    ),
    (
        "wrong_place",
        r"\b(?:wrong (?:address|place|people|person|inbox)|parking ticket|pcn|council tax|hotel|"
        r"booking|sofa|order|delivery|chalet|caravan|holiday|"
        r"penalty charge|brown bin|green bin collection|is it you|not yours|delivered)\b",
    ),
    (
        "general_question",
        r"\b(?:opening (?:hours|times)|open on|how many stages|is there a (?:form|list|policy)|"
        r"where can i find|do you (?:have|take|offer|do)|"
        r"just (?:curious|asking|interested|a question)|wondered (?:if|whether) you|"
        r"out of interest)\b",
    ),
    # -------------------------------------------------- who writes, and for whom
    (
        "official",
        r"\b(?:dear sirs?|yours faithfully|on behalf of|our client|we act for|constituent|ward|"
        r"member of parliament|house of commons|cllr|councillor|"
        r"case ?worker|office of|instruct\w*|signed (?:consent|authority))\b",
    ),
    (
        "for_family",
        r"\b(?:my (?:mum|mam|mom|mother|dad|father|nan|nana|gran|grandad|sister|brother|son|"
        r"daughter|aunt|uncle|friend|partner)s?|"
        r"(?:mum|dad|nan)s\b)",
    ),
    (
        "child",
        r"\b(?:baby|newborn|kids?|children|child|toddler|son|daughter|months old|year old|twins|"
        r"bairn|little one)\b",
    ),
    (
        "ill",
        r"\b(?:asthma\w*|copd|chest|hospital|doctor|gp|nurse|midwife|pregnan\w+|expecting|"
        r"disab\w+|wheelchair|dialysis|cancer|stroke|oxygen|autis\w*|"
        r"epilep\w*|depress\w*|anxiety|mental health|carer|elderly|frail|dementia|blind|deaf|"
        r"sight\w*|arthritis)\b",
    ),
    (
        "danger",
        r"\b(?:gas|carbon monoxide|co alarm|sparks?|electric\w*|shock|fire|smoke|collapse\w*|"
        r"ceiling|flood\w*|trapped|stuck in|danger\w*|unsafe|emergency|"
        r"asbestos|exposed|wires?|burn\w*|freezing|mould)\b",
    ),
)

_BOOK = Phrasebook([pattern for _, pattern in CUES])


@dataclass(frozen=True)
class Found:
    """A cue that a mail holds, and where."""

    name: str
    phrase: str
    at: int
    in_subject: bool
    in_first: bool  # the first two sentences of the body
    in_last: bool  # the last three


def cues_in(whole: str, body_at: int = 0, first_to: int = 0, last_from: int | None = None) -> list[Found]:
    """The cues that `whole` holds (plain text: subject, then the body from `body_at`), in the order of the
    table. `first_to` ends the first sentences, `last_from` begins the last ones (None: at the end)."""
    end = len(whole) if last_from is None else max(body_at, last_from)
    found = []
    page = _BOOK.open(whole)
    for number in page.numbers:
        hit = page.first(number)
        if hit is None:
            continue
        in_subject = hit.start() < body_at
        after = page.first(number, body_at) if in_subject else hit
        in_first = after is not None and after.start() < first_to
        in_last = after is not None and (
            after.start() >= end or (end < len(whole) and page.first(number, end) is not None)
        )
        found.append(Found(CUES[number][0], hit.group(0).strip(), hit.start(), in_subject, in_first, in_last))
    return found
