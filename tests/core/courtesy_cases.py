# ruff: noqa: E501 - breaking the texts hides them
"""Texts as people write them, and what a careful editor sends instead.

`LIGHT`: only ritual courtesy may go. `DENSE`: fillers and exact repetition too. `UNCHANGED`: texts
that stay as they are at `light`. `OUT_OF_REACH`: the editor's text where a phrase list, or a check
behind it, does not get there today, with the reason; the tests notice when one of them does.
"""

from __future__ import annotations

__all__ = ["DENSE", "LIGHT", "OUT_OF_REACH", "UNCHANGED"]

LIGHT: tuple[tuple[str, str], ...] = (
    # -- support mail ---------------------------------------------------------------------------
    (
        "Dear support team,\n\nI hope this email finds you well. My coffee grinder stopped turning "
        "after two weeks. The order number is KL-20931.\n\nCould you please tell me how I get a "
        "new one?\n\nThank you very much for your help.\n\nKind regards,\nPaula Winter",
        "My coffee grinder stopped turning after two weeks. The order number is KL-20931.\n\n"
        "Tell me how I get a new one?\n\nPaula Winter",
    ),
    (
        "Good afternoon,\n\nMy parcel was sent to the old address. Please redirect it to 14 Mill "
        "Lane.\n\nMany thanks in advance\nRuth",
        "My parcel was sent to the old address. Redirect it to 14 Mill Lane.\n\nRuth",
    ),
    (
        "Hello! First of all, the headphones are great. But the left one hums. I would really "
        "appreciate it if you could send me a new pair. Have a great day!",
        "First of all, the headphones are great. But the left one hums. Send me a new pair.",
    ),
    (
        "Hi there, sorry to bother you again, but the second lamp is broken too. Please advise.",
        "The second lamp is broken too. Advise.",
    ),
    (
        "To whom it may concern,\nthe lid of my lunch box leaks and I want my money back.\n"
        "Yours faithfully,\nH. Brandt",
        "The lid of my lunch box leaks and I want my money back.\nH. Brandt",
    ),
    (
        "Dear Ms. Alvarez,\n\nThe invoice for March shows the wrong tax number. Kindly send a "
        "corrected one.\n\nBest regards\nTomas Lind",
        "Ms. Alvarez,\n\nThe invoice for March shows the wrong tax number. Send a corrected "
        "one.\n\nTomas Lind",
    ),
    (
        "I am very disappointed. The chair broke on the first day. I apologize for the long "
        "message. Please refund me. Thanks for your understanding.",
        "I am very disappointed. The chair broke on the first day. Refund me.",
    ),
    (
        "Hi team, hope you're all doing well! I've been waiting 9 days for order 5512-A. Where is "
        "it? Thanks so much for your time and support!",
        "I've been waiting 9 days for order 5512-A. Where is it?",
    ),
    (
        "Hello, I was wondering if you could please explain why my bill went up by $14?\n\nThank "
        "you for taking the time to read this.\n\nWarm regards,\nNoor",
        "Explain why my bill went up by $14?\n\nNoor",
    ),
    (
        "Hey guys! Hope you had a great weekend! The export button does nothing in version 4.2. "
        "Any help would be much appreciated. Cheers!",
        "The export button does nothing in version 4.2.",
    ),
    (
        "Sorry for the late reply. The serial number is XJ-119-C. Looking forward to hearing from "
        "you soon.",
        "The serial number is XJ-119-C.",
    ),
    (
        "Apologies for the inconvenience, but I need to move my appointment from Tuesday to "
        "Thursday. Thank you for your patience and understanding!",
        "I need to move my appointment from Tuesday to Thursday.",
    ),
    (
        "Good morning! I know you must be very busy, but my login has been locked since Monday. "
        "Would be great if you could please unlock it. Thanks again!",
        "My login has been locked since Monday. Unlock it.",
    ),
    (
        "Hello dear support, I trust you are well. I bought a tent and two poles are missing. "
        "Please send me two poles. I look forward to your reply. God bless!",
        "I bought a tent and two poles are missing. Send me two poles.",
    ),
    (
        "I hope you are having a wonderful day. The zip of the blue jacket is stuck. Can you "
        "please tell me whether the guarantee covers it? Thank you in advance for your assistance.",
        "The zip of the blue jacket is stuck. Tell me whether the guarantee covers it?",
    ),
    (
        "Hi Marta,\n\nThanks for the quick reply. The new cable works, but the screen still "
        "flickers.\n\nBest,\nJo",
        "Marta,\n\nThe new cable works, but the screen still flickers.\n\nJo",
    ),
    (
        "Thank you for contacting me back so quickly! The colour I meant is dark green, size 42.",
        "The colour I meant is dark green, size 42.",
    ),
    (
        "Dear Sir/Madam, please cancel my subscription at the end of June. Yours sincerely, Lena "
        "Hoffmann",
        "Cancel my subscription at the end of June. Lena Hoffmann",
    ),
    # -- chat -----------------------------------------------------------------------------------
    ("hi how are you? i need a name for my bakery", "i need a name for my bakery"),
    ("hey there! whats the capital of Mongolia pls", "whats the capital of Mongolia"),
    ("hii can u please give me 5 ideas for a science fair", "give me 5 ideas for a science fair"),
    ("yo can you please rank the goals on my list thx", "rank the goals on my list"),
    ("heyyy how's it going? what do cats dream about?", "what do cats dream about?"),
    ("Hello ChatGPT! How are you today? What is a monad?", "What is a monad?"),
    (
        "Hey! Quick question for you. How long do I boil an egg? Thanks a bunch!",
        "How long do I boil an egg?",
    ),
    ("hello good morning sir i want to learn python from zero", "i want to learn python from zero"),
    ("ok thanks! and how do I centre the title?", "and how do I centre the title?"),
    ("pls pls give me a rhyme for orange", "pls pls give me a rhyme for orange"),
    (
        "Hi 👋 can you please suggest a film for a rainy night? 🙏",
        "Suggest a film for a rainy night? 🙏",
    ),
    (
        "Thank you so much!! 😊 One more thing: which of the two is cheaper?",
        "One more thing: which of the two is cheaper?",
    ),
    ("thank u so much for ur help!! 🙏🙏 what does idempotent mean", "what does idempotent mean"),
    (
        "Good evening :) Please recommend a quiet beach in Portugal.",
        "Recommend a quiet beach in Portugal.",
    ),
    (
        "helo, i hope u r doing good. how to make dosa batter at home?",
        "how to make dosa batter at home?",
    ),
    ("hi! im fine thanks. what rhymes with silver", "im fine. what rhymes with silver"),
    ("Hey Siri, please set the alarm to 6:45", "Siri, set the alarm to 6:45"),
    ("please and thank you: a haiku about snow", "a haiku about snow"),
    (
        "Greetings! I would be grateful if you could list the moons of Jupiter.",
        "List the moons of Jupiter.",
    ),
    (
        "hello friend, could you kindly compare tea and coffee in a table",
        "compare tea and coffee in a table",
    ),
    ("Hi, if you could compare the two phones, that would be great!", "Compare the two phones!"),
    ("Good day! May I ask you a question? Why is the sky blue?", "Why is the sky blue?"),
    (
        "Could you please, please stop adding emojis?",
        "Could you please, please stop adding emojis?",
    ),
    ("Tell me a joke please :)", "Tell me a joke :)"),
    (
        "Thank you. You are awesome! Now make the second verse shorter.",
        "Now make the second verse shorter.",
    ),
    (
        "much appreciated! can the grill also be used indoors?",
        "can the grill also be used indoors?",
    ),
    ("Hi again! Please continue with part two.", "Continue with part two."),
    # -- dictated, without punctuation -------------------------------------------------------------
    (
        "hi there i hope youre doing well i need a packing list for four days in norway thanks so "
        "much",
        "i need a packing list for four days in norway",
    ),
    (
        "hey sorry to bother you i need the recipe for the lemon cake with the poppy seeds thank "
        "you",
        "i need the recipe for the lemon cake with the poppy seeds",
    ),
    (
        "good morning can you please read me the list of open orders please",
        "read me the list of open orders",
    ),
    (
        "so i was hoping you could please explain what a fixed rate is",
        "explain what a fixed rate is",
    ),
    (
        "hello how are you i would like to know how to clean a cast iron pan",
        "i would like to know how to clean a cast iron pan",
    ),
    ("thank you for your help i still need the second page", "i still need the second page"),
    (
        "hi good evening my radio makes a noise when i turn it on what can i do thanks in advance",
        "my radio makes a noise when i turn it on what can i do",
    ),
    # -- forum posts -------------------------------------------------------------------------------
    (
        "Hi all,\n\nsorry if this is a dumb question. Why does my sourdough smell of glue?\n\n"
        "Thanks in advance!",
        "Why does my sourdough smell of glue?",
    ),
    (
        "Hey folks, sorry for the wall of text. I have two monitors and only one wakes up. Any "
        "ideas? Thanks!",
        "I have two monitors and only one wakes up. Any ideas?",
    ),
    (
        "Hope this is okay to ask here. Which oil is right for an old moped? Appreciate any help!",
        "Which oil is right for an old moped?",
    ),
    (
        "TL;DR my fern has brown tips. Sorry for the long post! I water it twice a week. Thanks "
        "for reading!",
        "TL;DR my fern has brown tips. I water it twice a week.",
    ),
    (
        "Hi guys, I'm trying to build a raft from bottles. How many do I need for 80 kg? Thx guys!!",
        "I'm trying to build a raft from bottles. How many do I need for 80 kg?",
    ),
    # -- work mail ---------------------------------------------------------------------------------
    (
        "Hi Anna, could you please send me the slides from Monday? Thanks!",
        "Anna, send me the slides from Monday?",
    ),
    (
        "Good morning Peter,\n\nHope all is well. Please find below the numbers for May.\n\n"
        "- revenue 4.1\n- costs 3.2\n\nPlease compare them with April.\n\nBest wishes\nCarla",
        "Peter,\n\nPlease find below the numbers for May.\n\n"
        "- revenue 4.1\n- costs 3.2\n\nCompare them with April.\n\nCarla",
    ),
    (
        "Hi all,\n\nI hope everyone is doing great. Please update the wiki before Friday and add "
        "your holidays.\n\nThank you for your cooperation.\n\nRegards,\nThe office",
        "Update the wiki before Friday and add your holidays.\n\nThe office",
    ),
    (
        "Hi team! Thanks for all your hard work. The release moves to 3 June. Please tell your "
        "customers.",
        "The release moves to 3 June. Tell your customers.",
    ),
    (
        "Dear colleagues, please note that the door code changes on Monday. Have a lovely evening!",
        "Note that the door code changes on Monday.",
    ),
    (
        "Hey, sorry for the delay! I went through the contract draft. Could you kindly explain "
        "clause 7? Much appreciated!",
        "I went through the contract draft. Explain clause 7?",
    ),
    (
        "Morning! Just a quick question: is the demo still at 10:30? Thanks a lot and have a good "
        "one!",
        "Is the demo still at 10:30?",
    ),
    (
        "When you have a moment, could you please check whether the backup ran last night?",
        "Check whether the backup ran last night?",
    ),
    (
        "I'd like to kindly ask you to move the meeting to room 4, please.",
        "Move the meeting to room 4.",
    ),
    (
        "I am writing to ask if you could please prepare an agenda with three points.",
        "Prepare an agenda with three points.",
    ),
    (
        "Also, could you please add the totals? And please sort by date. Thank you kindly!",
        "Also, add the totals? And sort by date.",
    ),
    (
        "Hello Mr. Brown, thank you for your mail. The report is missing page 12. Please send it "
        "again.",
        "Mr. Brown. The report is missing page 12. Send it again.",
    ),
    (
        "Please could you let me know how many chairs we need? With kind regards, Ivo",
        "Could you let me know how many chairs we need? Ivo",
    ),
    (
        "We would appreciate it if you could please answer by 5 pm. We thank you for your support.",
        "Answer by 5 pm.",
    ),
    # -- students ----------------------------------------------------------------------------------
    (
        "Hello Professor, I hope you are well. I am writing an essay about bees. Could you please "
        "explain what a waggle dance is? Thank you for your time, Emil",
        "Professor. I am writing an essay about bees. Explain what a waggle dance is? Emil",
    ),
    (
        "hi!! pls help me with my homework: a train goes 60 km in 45 min, how fast is it? thank "
        "youuu",
        "help me with my homework: a train goes 60 km in 45 min, how fast is it?",
    ),
    (
        "Good evening sir, kindly explain the difference between speed and velocity with one "
        "example. Thank you sir.",
        "Explain the difference between speed and velocity with one example.",
    ),
    (
        "I'm so sorry to bother you, but I'm completely lost with fractions. Can you please show "
        "me 3/4 + 1/6 step by step?",
        "I'm completely lost with fractions. Show me 3/4 + 1/6 step by step?",
    ),
    (
        "hey can i ask you something? why did the roman empire fall? please keep it short",
        "why did the roman empire fall? keep it short",
    ),
    (
        "Thank you so much for explaining! I get it now. What about negative numbers?",
        "I get it now. What about negative numbers?",
    ),
    # -- non-native English, typos --------------------------------------------------------------------
    (
        "Respected sir, I am having one doubt regarding loops. Kindly do the needful. Thanking "
        "you.",
        "I am having one doubt regarding loops. Kindly do the needful.",
    ),
    (
        "Hello dear, please I want to know how much cost the ship to Brasil? Thank you for your "
        "kind help.",
        "I want to know how much cost the ship to Brasil?",
    ),
    (
        "Helo, sory for my english. I am search a job as baker in Lyon. Plz give me tips. Thankyou",
        "I am search a job as baker in Lyon. Give me tips.",
    ),
    (
        "Appologies for disturbing. The aplication dont open since the update. Waiting for your "
        "reply.",
        "The aplication dont open since the update.",
    ),
    (
        "Hi im Dana , i hope your fine . plese tell me what is the best time for plant tomatos ?",
        "Im Dana. tell me what is the best time for plant tomatos ?",
    ),
    (
        "Good day! Please, how I can to change the language of the menu? Best Regards",
        "How I can to change the language of the menu?",
    ),
    ("Thanx for you help!! now it is make a strange noise", "Now it is make a strange noise"),
    # -- capitals, decoration -------------------------------------------------------------------------
    (
        "Thanks!!!\n\nNow add a fourth column with the price.",
        "Now add a fourth column with the price.",
    ),
    (
        "Hi!\r\n\r\nThe tap in the kitchen drips.\r\n\r\nThanks!\r\n",
        "The tap in the kitchen drips.",
    ),
    ("Hello...  The lift is stuck on floor 3...  thank you...", "The lift is stuck on floor 3..."),
    (
        "(Sorry for the typos, I'm on my phone.) The gate code is 4471.",
        "(Sorry for the typos, I'm on my phone.) The gate code is 4471.",
    ),
    # -- in the middle --------------------------------------------------------------------------------
    (
        "My kettle leaks. Sorry to trouble you with such a small thing. It is the steel one. "
        "Please tell me where to send it.",
        "My kettle leaks. It is the steel one. Tell me where to send it.",
    ),
    ("Could you, please, name three rivers in Spain?", "Could you name three rivers in Spain?"),
    (
        "I would like two tickets, please, for the 8 pm show.",
        "I would like two tickets for the 8 pm show.",
    ),
    (
        "The lamp is broken.\n\nThank you so much for your help so far, I really appreciate it.\n\n"
        "The box is wet, too.",
        "The lamp is broken.\n\nThe box is wet, too.",
    ),
    (
        "If it rains, please close the roof, and please feed the cat.",
        "If it rains, close the roof, and feed the cat.",
    ),
    ("Where is my parcel from last week, thanks!", "Where is my parcel from last week!"),
    ("Send me the manual for the blue mixer (thanks!).", "Send me the manual for the blue mixer."),
    (
        "The blue one, not the red one, please. Thanks and regards, Mia",
        "The blue one, not the red one. Mia",
    ),
    # -- second messages in a conversation ---------------------------------------------------------------
    (
        "Thanks, that helps. What about the second option?",
        "That helps. What about the second option?",
    ),
    (
        "Perfect, thank you! Please do the same for chapter 2.",
        "Perfect! Do the same for chapter 2.",
    ),
    (
        "Sorry, I meant the third paragraph. Please try again.",
        "I meant the third paragraph. Try again.",
    ),
    (
        "Hello again! Sorry for all the questions. Is the museum open on Mondays?",
        "Is the museum open on Mondays?",
    ),
    (
        "Thanks for the explanation. But I still do not see why it is 12.",
        "But I still do not see why it is 12.",
    ),
    (
        "I appreciate your quick answer. It was not what I asked, though.",
        "It was not what I asked, though.",
    ),
    # -- courtesy inside what must stay ------------------------------------------------------------------
    (
        'Hi! Please translate this into German: "Thank you for your patience, have a nice day." '
        "Thanks!",
        'Translate this into German: "Thank you for your patience, have a nice day."',
    ),
    (
        "Hello, please proofread this email for me:\n\nDear Mr. Kim,\nI hope you are well. Please "
        "find the offer attached.\nBest regards,\nSue",
        "Proofread this email for me:\n\nDear Mr. Kim,\nI hope you are well. Please "
        "find the offer attached.\nBest regards,\nSue",
    ),
    (
        "Could you please make this reply friendlier: 'Sorry, we are closed. Please come back "
        "tomorrow.'",
        "Make this reply friendlier: 'Sorry, we are closed. Please come back tomorrow.'",
    ),
    # -- courtesy before or after a question, in one breath ------------------------------------
    (
        "thnaks for the help, next question is how do i freeze basil",
        "next question is how do i freeze basil",
    ),
    (
        "hello i was wondering if you could tell me when the museum opens on sunday thank you very much bye",
        "tell me when the museum opens on sunday",
    ),
    (
        "sorry for the long message but i want to know which of the three bikes is the lightest",
        "i want to know which of the three bikes is the lightest",
    ),
    (
        "Apologies if this has been asked before, but how do I rename a branch that is already pushed?",
        "How do I rename a branch that is already pushed?",
    ),
    (
        "This might be a silly question, but where do I find the sewing kit in the game? Thank you all!",
        "Where do I find the sewing kit in the game?",
    ),
    (
        "What's a good gift for a beekeeper? TIA!",
        "What's a good gift for a beekeeper?",
    ),
    (
        "Hello everyone! Sorry for my bad English. My script stops after 1000 rows. Any advice is welcome :)",
        "My script stops after 1000 rows.",
    ),
    (
        "Pardon my English. In my country the plugs are different, so which adapter do I buy?",
        "In my country the plugs are different, so which adapter do I buy?",
    ),
)

UNCHANGED: tuple[str, ...] = (
    # words that only look like courtesy
    "Sorry my team beat yours twice this season.",
    "Sorry we missed you is a film by Ken Loach, what is it about?",
    "Thanks to the rain the tomatoes are finally growing. How often do I feed them?",
    "Good morning America is a song too. Who wrote it?",
    "Dear Prudence is my favourite song. Who sings it?",
    "Hello Kitty was invented by which company?",
    "Cheers is a comedy from the eighties. In which city does it play?",
    "Best of three or best of five, which is fairer?",
    "Hope is the thing with feathers: who wrote that line?",
    "Hope you die is what the graffiti says, how do I remove paint from brick?",
    "He aims to please and does as he pleases.",
    "You may take whichever seat you please.",
    "The kind of paper I use is called vellum. Where can I buy more?",
    "Is it polite to say thank you to a bus driver in Norway?",
    "Write a card to my aunt to say thank you",
    "I owe my coach a big thank you",
    "Can you read handwriting in old German script?",
    "Could you beat a grandmaster at chess?",
    "If you don't mind, I will pick the second offer. What does it cost?",
    "No thanks, I will keep the old one. How do I clean it?",
    "I am sorry that the party was cancelled, what can I do with forty sausages?",
    "I'm sorry I yelled at my brother. How do I make it up to him?",
    "I appreciate good design, so which of these chairs is a classic?",
    "I hope my tomatoes survive the frost. What temperature kills them?",
    "How are you able to count letters in a word?",
    "Let me know which of the two trains is faster.",
    "Please hold the line is what the robot says. Is that idiomatic?",
    "The greeting card says best wishes from all of us. Is a comma missing?",
    "I regret to bother people, and that holds me back at work. What can I do?",
    "Thank you for smoking is a film from 2005. Who directed it?",
    "Excuse me while I kiss the sky is a lyric by whom?",
    "Look forward, not back: what does that proverb mean?",
    "What is the best closing for a letter to a bank, kind regards or yours faithfully?",
    "Is hey there too casual for a first mail to a client?",
    "Please Please Me is an album by which band?",
    "I was hoping you could recommend a hotel, but you only gave me adverts.",
    "I was wondering if you could fix my boiler today but you never came.",
    "Take care of the plants on the balcony while I am away: make a plan for that.",
    # nothing to remove
    "The bike has 21 gears and a steel frame. Is it good for hills?",
    "List the planets in order of size as a table.",
    "I feel lonely since I moved here. How do people find friends in a new town?",
    "PLEASE stop sending the newsletter twice a day.",
    "I really need your help with the roof, it leaks on the new piano.",
    # permission and feelings that mean something
    "May I bring my own food to the park?",
    "I am truly grateful that the dog was found. Which treats are best for an old dog?",
    "Thank you for the refund of 30 euros, but it should have been 45.",
)

DENSE: tuple[tuple[str, str], ...] = (
    (
        "Um, so yeah, I want to swap the blue chair for the green one.",
        "I want to swap the blue chair for the green one.",
    ),
    (
        "Well, the printer is on. The printer is on. But it does not print.",
        "The printer is on. But it does not print.",
    ),
    ("Basically, the door sticks when it rains.", "The door sticks when it rains."),
    (
        "I mean, the soup is fine, you know, but it needs salt.",
        "The soup is fine, but it needs salt.",
    ),
    ("uh hi um i want to book a court for saturday please", "i want to book a court for saturday"),
    ("Anyway, how do I get rid of moss on the roof?", "How do I get rid of moss on the roof?"),
    (
        "As I said, the red button is loose. As I said, the red button is loose.",
        "The red button is loose.",
    ),
    ("Hmm, which of the two rooms is quieter?", "Which of the two rooms is quieter?"),
    ("Hello! So, like I said, the lock is frozen. Thanks!", "The lock is frozen."),
    (
        "Honestly, the manual is hard to read. Make it shorter.",
        "The manual is hard to read. Make it shorter.",
    ),
    ("It is, um, the third drawer that sticks.", "It is, the third drawer that sticks."),
    ("Okay so, the lamp hums. The lamp hums. What can I do?", "The lamp hums. What can I do?"),
    ("I want a refund. I want a refund. The tent is torn.", "I want a refund. The tent is torn."),
    ("Erm, hi, could you please tell me when the pool opens?", "Tell me when the pool opens?"),
    (
        "Tbh, I prefer the old menu. Could you please bring it back?",
        "I prefer the old menu. Bring it back?",
    ),
    (
        "Well, well, look who is back: the moss on my lawn.",
        "Look who is back: the moss on my lawn.",
    ),
    (
        "Is the well, like most wells here, dry in August?",
        "Is the well, like most wells here, dry in August?",
    ),
    ("He said he actually, truly won the race.", "He said he actually, truly won the race."),
    ("Do you know what a monad is? Do you know what a monad is?", "Do you know what a monad is?"),
    ("The cat is fine. The cat is fine now.", "The cat is fine. The cat is fine now."),
    ("No. No. No. I want the red one.", "No. No. No. I want the red one."),
    (
        "Like, the app closes itself, basically, every time I open it.",
        "The app closes itself, every time I open it.",
    ),
    (
        "You know, I think the plan is good. Please print it twice.",
        "I think the plan is good. Print it twice.",
    ),
    (
        "uhm the second page is missing, please send it again",
        "the second page is missing, send it again",
    ),
    (
        "So basically, my tent leaks at the seams and I need a patch.",
        "My tent leaks at the seams and I need a patch.",
    ),
    (
        "Yeah so, the bus left early. Which train can I take?",
        "The bus left early. Which train can I take?",
    ),
    ("Actually, make it four copies. Thank you!", "Make it four copies."),
    ("I mean it, do not paint the door red.", "I mean it, do not paint the door red."),
)

OUT_OF_REACH: tuple[tuple[str, str, str, str], ...] = (
    (
        "light",
        "thx that worked! now how do i undo it?",
        "that worked! now how do i undo it?",
        "bare thanks right before a clause may be ironic, and stay",
    ),
    (
        "light",
        "Sorry for the double post. The photo is in the first one. Have a nice weekend everyone!",
        "The photo is in the first one.",
        "number words are kept",
    ),
    (
        "light",
        "HELLO, THE WIFI IN ROOM 9 IS SLOW. THANK YOU.",
        "THE WIFI IN ROOM 9 IS SLOW.",
        "a text in capitals is read as shouting, which is a feeling",
    ),
    (
        "light",
        "*Hello!* The heating is off again. *Thanks!*",
        "The heating is off again.",
        "words between asterisks are read as code",
    ),
    (
        "light",
        "- Please sort the list.\n- Please remove the duplicates.\n- Thanks!",
        "- Sort the list.\n- Remove the duplicates.",
        "list items are kept whole",
    ),
    (
        "light",
        "Hey, please write a thank you card for my neighbour who fed the cat. Thanks!",
        "Write a thank you card for my neighbour who fed the cat.",
        "the new first word begins what is to be worked on, and gets no capital",
    ),
    (
        "dense",
        "To be honest, I like the first logo more. Please make it bigger.",
        "I like the first logo more. Make it bigger.",
        '"be honest" is read as a demand on the form of the answer',
    ),
    (
        "dense",
        "First, mix the dough. Then wait. First, mix the dough.",
        "First, mix the dough. Then wait.",
        "a sentence said twice stays where it holds a number word",
    ),
)
