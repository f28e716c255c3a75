import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('courses', '0001_initial'),
        ('exams', '0004_passing_words'),
        ('organisation', '0003_training_classes'),
        ('organisation', '__first__'),
        ('study', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClassPlan',
            fields=[
                ('training_class', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='plan', serialize=False, to='organisation.trainingclass')),
                ('w_exam', models.PositiveSmallIntegerField(default=70, verbose_name='考试（%）')),
                ('w_study', models.PositiveSmallIntegerField(default=10, verbose_name='学习完成（%）')),
                ('w_reflection', models.PositiveSmallIntegerField(default=20, verbose_name='心得体会（%）')),
                ('least_exam', models.DecimalField(decimal_places=2, default=60, max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('100'))], verbose_name='考试最低分')),
                ('least_study', models.DecimalField(decimal_places=2, default=60, max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('100'))], verbose_name='学习完成最低（%）')),
                ('least_reflection', models.DecimalField(decimal_places=2, default=60, max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('100'))], verbose_name='心得体会最低分')),
                ('pass_total', models.DecimalField(decimal_places=2, default=60, max_digits=5, validators=[django.core.validators.MinValueValidator(Decimal('60')), django.core.validators.MaxValueValidator(Decimal('100'))], verbose_name='综合成绩合格线')),
                ('certificate', models.BooleanField(default=True, verbose_name='结业后发结业证书')),
            ],
            options={
                'verbose_name': '结业规则',
                'verbose_name_plural': '结业规则',
                'constraints': [models.CheckConstraint(condition=models.Q(('w_exam', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.Value(100), '-', models.F('w_study')), '-', models.F('w_reflection')))), name='class_weights_add_to_100'), models.CheckConstraint(condition=models.Q(('pass_total__range', (60, 100))), name='class_pass_total')],
            },
        ),
        migrations.CreateModel(
            name='Graduation',
            fields=[
                ('member', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='graduation', serialize=False, to='organisation.classmember')),
                ('graduated', models.BooleanField(verbose_name='结业')),
                ('exam', models.DecimalField(decimal_places=2, max_digits=5, null=True, verbose_name='考试')),
                ('study', models.DecimalField(decimal_places=2, max_digits=5, null=True, verbose_name='学习完成')),
                ('reflection', models.DecimalField(decimal_places=2, max_digits=5, null=True, verbose_name='心得体会')),
                ('total', models.DecimalField(decimal_places=2, max_digits=5, verbose_name='综合成绩')),
                ('hours', models.DecimalField(decimal_places=2, max_digits=7, verbose_name='学时')),
                ('reasons', models.JSONField(default=list)),
                ('rules', models.JSONField(default=dict)),
                ('decided_at', models.DateTimeField()),
                ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '结业结果',
                'verbose_name_plural': '结业结果',
            },
        ),
        migrations.CreateModel(
            name='ReflectionTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(blank=True, max_length=60)),
                ('title', models.CharField(max_length=120, verbose_name='题目')),
                ('prompt', models.TextField(blank=True, max_length=4000, verbose_name='要求')),
                ('min_chars', models.PositiveIntegerField(default=800, help_text='不计空格和换行。', validators=[django.core.validators.MaxValueValidator(20000)], verbose_name='至少字数')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='截止时间')),
                ('created_at', models.DateTimeField()),
                ('owner_unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reflection_tasks', to='organisation.unit', verbose_name='所属党组织')),
            ],
            options={
                'verbose_name': '心得体会题目',
                'verbose_name_plural': '心得体会题目',
                'constraints': [models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('key',), name='one_reflection_task_a_block')],
            },
        ),
        migrations.CreateModel(
            name='Reflection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(blank=True)),
                ('rev', models.PositiveIntegerField(default=0)),
                ('state', models.CharField(choices=[('draft', '草稿'), ('submitted', '待评阅'), ('returned', '已退回'), ('marked', '已评阅')], default='draft', max_length=9, verbose_name='状态')),
                ('saved_at', models.DateTimeField()),
                ('submitted_at', models.DateTimeField(blank=True, null=True)),
                ('mark', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True, verbose_name='评分')),
                ('comment', models.TextField(blank=True, max_length=4000, verbose_name='评语')),
                ('marked_at', models.DateTimeField(blank=True, null=True)),
                ('marked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.unit')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reflections', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reflections', to='courses.reflectiontask')),
            ],
            options={
                'verbose_name': '心得体会',
                'verbose_name_plural': '心得体会',
                'indexes': [models.Index(fields=['task', 'state', 'submitted_at'], name='reflection_queue')],
                'constraints': [models.UniqueConstraint(fields=('task', 'user'), name='one_reflection_a_task'), models.CheckConstraint(condition=models.Q(models.Q(('mark__range', (0, 100)), ('state', 'marked')), models.Q(models.Q(('state', 'marked'), _negated=True), ('mark', None)), _connector='OR'), name='only_a_marked_reflection_has_a_mark'), models.CheckConstraint(condition=models.Q(('state', 'draft'), ('submitted_at__isnull', False), _connector='OR'), name='handed_in_has_a_time')],
            },
        ),
        migrations.CreateModel(
            name='PlanItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('course', '课程'), ('exam', '考试'), ('reflection', '心得体会'), ('hours', '最低学时')], max_length=10)),
                ('hours', models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True, verbose_name='学时')),
                ('required', models.BooleanField(default=True, verbose_name='必须完成')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='应完成时间')),
                ('weight', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='权重')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('activity', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='plan_items', to='study.activity')),
                ('exam', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='plan_items', to='exams.exam')),
                ('training_class', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='plan_items', to='organisation.trainingclass')),
                ('task', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='plan_items', to='courses.reflectiontask')),
            ],
            options={
                'verbose_name': '培训计划',
                'verbose_name_plural': '培训计划',
                'indexes': [models.Index(fields=['training_class', 'position'], name='plan_by_class')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('activity__isnull', False), ('exam', None), ('hours', None), ('kind', 'course'), ('task', None)), models.Q(('activity', None), ('exam__isnull', False), ('hours', None), ('kind', 'exam'), ('task', None)), models.Q(('activity', None), ('exam', None), ('hours', None), ('kind', 'reflection'), ('task__isnull', False)), models.Q(('activity', None), ('exam', None), ('hours__gt', 0), ('kind', 'hours'), ('task', None)), _connector='OR'), name='plan_item_is_of_its_kind'), models.CheckConstraint(condition=models.Q(('weight__range', (1, 100))), name='plan_item_weight'), models.UniqueConstraint(fields=('training_class', 'activity'), name='course_once_in_plan'), models.UniqueConstraint(fields=('training_class', 'exam'), name='exam_once_in_plan'), models.UniqueConstraint(fields=('training_class', 'task'), name='task_once_in_plan'), models.UniqueConstraint(condition=models.Q(('kind', 'hours')), fields=('training_class',), name='hours_once_in_plan')],
            },
        ),
        migrations.CreateModel(
            name='Certificate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='编号')),
                ('kind', models.CharField(choices=[('course', '课程'), ('class', '培训班')], max_length=6)),
                ('holder_name', models.CharField(max_length=80, verbose_name='姓名')),
                ('subject_title', models.CharField(max_length=200, verbose_name='内容')),
                ('credit_hours', models.DecimalField(decimal_places=2, max_digits=7, verbose_name='学时')),
                ('content', models.JSONField(default=dict)),
                ('issued_at', models.DateTimeField(verbose_name='签发时间')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='撤销时间')),
                ('revoke_reason', models.CharField(blank=True, max_length=200, verbose_name='撤销原因')),
                ('activity', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='certificates', to='study.activity')),
                ('revoked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('training_class', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='certificates', to='organisation.trainingclass')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='certificates', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '结业证书',
                'verbose_name_plural': '结业证书',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('activity__isnull', False), ('kind', 'course'), ('training_class', None)), models.Q(('activity', None), ('kind', 'class'), ('training_class__isnull', False)), _connector='OR'), name='certificate_is_of_its_kind'), models.UniqueConstraint(condition=models.Q(('revoked_at', None)), fields=('user', 'activity'), name='one_valid_certificate_a_course'), models.UniqueConstraint(condition=models.Q(('revoked_at', None)), fields=('user', 'training_class'), name='one_valid_certificate_a_class')],
            },
        ),
    ]
